"""The best architecture of a run, its encoder fine-tuned: a run directory of its own, with the encoder inside."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from gnas.config.architecture import Architecture
from gnas.config.encoders import EncoderSpec, HuggingFace, HuggingFaceText, MiniLM
from gnas.errors import ConfigError, SearchFailed, TrialFailed
from gnas.evaluate.evaluator import Measure
from gnas.events import Phase, Work
from gnas.features.encoders import build_encoder
from gnas.features.encoders.hf import HuggingFaceEncoder
from gnas.features.tuning.encoder import Method, TunedEncoder
from gnas.features.tuning.places import places_of
from gnas.files import write_json
from gnas.metrics import metric_of
from gnas.nn.model import Candidate
from gnas.rng import derive_seed
from gnas.run.beginning import write_beginning
from gnas.run.candidate import CandidateTraining, Trained, save_trained, train_once
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import Prepared, features_of
from gnas.run.saved import reopen, saved_architecture
from gnas.rundir.layout import RunDirectory
from gnas.train.finetune import Pace, finetune
from gnas.train.loop import Epoch
from gnas.train.readings import Slot, move, slots_of


@dataclass(frozen=True)
class Finetuned:
    """What fine-tuning came to: the same architecture trained on frozen and on fine-tuned readings, on one seed.

    `record` is the contents of finetuning.json.
    """

    run: RunDirectory
    architecture: Architecture
    frozen: Trained
    tuned: Trained
    record: dict[str, Any]


def tunable(architecture: Architecture, modality: str | None) -> str:
    """The modality whose encoder can be fine-tuned.

    Args:
        architecture: of a run.
        modality: the one that is asked for; None: the only one.

    Raises:
        ConfigError: nothing in the architecture can be fine-tuned, or more than one encoder can.
    """
    if not architecture.propagation.trained:
        raise ConfigError(
            f"the best architecture is a closed form ({architecture.propagation.kind}), which has no gradient that an "
            "encoder could be fine-tuned by; search a space of trained candidates"
        )
    found = [name for name, spec in architecture.features.encoders.items() if isinstance(spec, HuggingFace | MiniLM)]
    if modality is not None and modality not in found:
        raise ConfigError(
            f"--modality {modality}: the best architecture does not read {modality} through a Hugging Face encoder "
            f"({f'it does so with {found[0]}' if found else 'nor anything else'})"
        )
    if not found:
        raise ConfigError(
            "the best architecture reads nothing through a Hugging Face encoder (minilm, hf-text, hf-image, hf-audio), "
            "so there is nothing to fine-tune"
        )
    if architecture.features.fusion == "none":
        raise ConfigError(
            "the best architecture reads features only to link what is alike (fusion none), which has no gradient that "
            "an encoder could be fine-tuned by"
        )
    if modality is None and len(found) > 1:
        raise ConfigError(f"the best architecture has {len(found)} encoders; name one with --modality {found[0]}")
    return modality or found[0]


def finetune_run(
    source: RunDirectory,
    run: RunDirectory,
    modality: str | None,
    method: Method,
    pace: Pace,
    device: torch.device,
) -> Work[Finetuned]:
    """Fine-tune an encoder of the best architecture of `source`, and leave a run directory in `run`.

    The architecture is trained on the frozen readings, then with the encoder, whose best epoch on validation is
    saved under `encoder/`; last it is trained from the start on the readings of that. Of the
    recommender that was trained with the encoder and the one that was trained after it, the better on validation is
    kept. Test is never looked at.

    Args:
        source: a run with a best architecture; it stays as it is.
        run: an empty folder.
        modality: `text`, `image` or `audio`; None: the only one that can be fine-tuned.
        method: what of the encoder is trained.
        pace: for how long.
        device: where to compute.

    Raises:
        ConfigError: nothing to fine-tune, see `tunable`, or more layers than there are.
        DataError, RunError, SearchFailed: see `gnas.errors`.
    """
    architecture = saved_architecture(source)
    modality = tunable(architecture, modality)
    spec = architecture.features.encoders[modality]
    prepared = yield from reopen(source, device)
    config, evaluator = prepared.config, validation_evaluator(prepared)
    encoder = build_encoder(spec, device=str(device))
    frozen = yield from train_once(prepared, evaluator, architecture, config.seed, "frozen encoder")
    tuned, slots, epochs = yield from _joint(prepared, evaluator, architecture, modality, encoder, frozen, method, pace)
    yield Phase("saving the encoder")
    folder = run.path.absolute() / "encoder"
    tuned.save(folder)
    changed = architecture.features.model_copy(update={modality: _moved(spec, str(folder))})
    architecture = architecture.model_copy(update={"features": changed})
    write_beginning(run, prepared, architecture.written())
    again = yield from train_once(prepared, evaluator, architecture, config.seed, "fine-tuned encoder")
    metric = config.main_metric
    together = _as_trained(prepared, evaluator, architecture, frozen, slots, epochs, again)
    first = metric_of(metric).better(together.best.metrics[metric], again.best.metrics[metric])
    kept = together if first else again
    save_trained(run, kept)
    record = {
        "run": str(source.path.absolute()),
        "modality": modality,
        "method": asdict(method),
        "pace": asdict(pace),
        "trained_parameters": tuned.n_trained,
        "parameters": tuned.n_parameters,
        "layers": tuned.n_layers,
        "seed": config.seed,
        "metric": metric,
        "validation": {
            "frozen": frozen.best.metrics,
            "tuned": kept.best.metrics,
            "together": together.best.metrics,
            "again": again.best.metrics,
        },
        "kept": "together" if first else "again",
        "epochs": [{"loss": one.loss, "validation": one.metrics, "wall_s": one.wall_s} for one in epochs],
        "best_epoch": epochs[-1].best_index,
    }
    write_json(run.path / "finetuning.json", record)
    return Finetuned(run, architecture, frozen, kept, record)


def _joint(
    prepared: Prepared,
    evaluator: Measure,
    architecture: Architecture,
    modality: str,
    encoder: Any,
    frozen: Trained,
    method: Method,
    pace: Pace,
) -> Work[tuple[TunedEncoder, list[Slot], list[Epoch]]]:
    """Train encoder and recommender together, from the recommender that the frozen readings led to."""
    model, features = frozen.training.model, features_of(prepared, architecture)
    assert isinstance(model, Candidate)
    assert features is not None
    places = places_of(prepared.bank.tables, architecture.features, modality, features)
    values = [value for place in places for value in place.values]
    yield Phase(f"reading {len(values):,} values through the frozen layers")
    seed = derive_seed(prepared.config.seed, "finetune")
    hugging_face: HuggingFaceEncoder = encoder
    tuned = TunedEncoder(hugging_face, values, method, seed)
    slots = slots_of(model, features, places, tuned.read_all(), prepared.graph)
    yield Phase(f"fine-tuning the {modality} encoder", total=pace.epochs)
    epochs: list[Epoch] = []
    config = prepared.config
    work = finetune(
        model, slots, tuned, prepared.graph, prepared.split.train, evaluator, architecture, pace,
        seed=config.seed, objective=config.main_metric, options=config.train,
    )  # fmt: skip
    try:
        for epoch in work:
            epochs.append(epoch)
            yield epoch
    except TrialFailed as error:
        raise SearchFailed(f"the fine-tuning failed: {error}") from error
    return tuned, slots, epochs


def _as_trained(
    prepared: Prepared,
    evaluator: Measure,
    architecture: Architecture,
    frozen: Trained,
    slots: list[Slot],
    epochs: list[Epoch],
    again: Trained,
) -> Trained:
    """The recommender that was trained with the encoder, over the readings of the encoder as it was saved."""
    training = CandidateTraining(prepared, evaluator, architecture, prepared.config.seed)
    model, other = frozen.training.model, training.model
    assert isinstance(model, Candidate)
    assert isinstance(other, Candidate)
    move(model, slots, other)
    training.train_s = frozen.training.train_s + sum(epoch.wall_s for epoch in epochs)
    return replace(again, training=training, best=replace(again.best, metrics=evaluator(other).metrics))


def _moved(spec: EncoderSpec, source: str) -> HuggingFace:
    """The same encoder from another directory."""
    if isinstance(spec, MiniLM):
        return HuggingFaceText(source=source, max_length=spec.max_length)
    assert isinstance(spec, HuggingFace)
    return spec.model_copy(update={"source": source, "revision": None, "sha256": None})
