"""Fine-tuning the encoder of a run's best architecture, into a run directory of its own."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from gnas.config.architecture import Architecture
from gnas.errors import ConfigError, SearchFailed, TrialFailed
from gnas.events import Begun, OnEvent, Phase, Work, finish
from gnas.features.encoders.hf import HuggingFaceEncoder
from gnas.features.tuning.encoder import Method, TunedEncoder
from gnas.metrics import metric_of
from gnas.nn.model import Candidate
from gnas.report.page import write_report
from gnas.rng import derive_seed
from gnas.run.candidate import CandidateTraining, TrainedModel, save_trained, train_once
from gnas.run.configure import absolute
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import features_of, write_beginning
from gnas.run.saved import Run, directory_of, reopen
from gnas.rundir.beginning import read_config
from gnas.rundir.best import best_architecture
from gnas.rundir.finetuning import FinetuningRecord, TunedFigures, TuningEpoch
from gnas.rundir.layout import RunDirectory, create_run, discard_if_empty
from gnas.rundir.record import write_record
from gnas.train.device import resolve_device
from gnas.train.finetune import Pace
from gnas.train.finetune import finetune as train_together
from gnas.train.loop import Epoch
from gnas.train.readings import Readings, places_of

LAST_LAYER = Method(1)
SHORT = Pace(epochs=5, lr=1e-4, batch=32)


@dataclass(frozen=True)
class Joint:
    """Encoder and recommender trained together, and the epochs that they took."""

    readings: Readings
    epochs: list[Epoch]


def finetune(
    run: Run | str | Path,
    *,
    out: str | Path | None = None,
    modality: str | None = None,
    method: Method = LAST_LAYER,
    pace: Pace = SHORT,
    device: str | None = None,
    on_event: OnEvent | None = None,
) -> Run:
    """Fine-tune an encoder of a run's best architecture, and leave a run of its own with the encoder inside.

    Args:
        run: one with a best architecture; it stays as it is.
        out: the new run directory; by default `finetuned` inside the old one.
        modality: `text`, `image` or `audio`; by default the only one that can be fine-tuned.
        method: what of the encoder is trained.
        pace: for how long.
        device: where to compute.
        on_event: called with every event.

    Raises:
        ConfigError: nothing to fine-tune, see `tunable`, or more layers than there are.
        DataError, RunError, SearchFailed: see `gnas.errors`.
    """
    source = directory_of(run)
    target = create_run(source.path / "finetuned" if out is None else Path(out))
    try:
        return finish(finetune_events(source, target, modality, method, pace, device), on_event)
    finally:
        discard_if_empty(target)


def tunable(architecture: Architecture, modality: str | None) -> str:
    """The modality whose encoder can be fine-tuned.

    Args:
        architecture: of a run.
        modality: the one that is asked for; None: the only one.

    Raises:
        ConfigError: nothing in the architecture can be fine-tuned, or more than one encoder can.
    """
    if not architecture.trained:
        raise ConfigError(
            f"the best architecture is a closed form ({architecture.kind}), which has no gradient that an "
            "encoder could be fine-tuned by; search a space of trained candidates"
        )
    found = [name for name, spec in architecture.read.encoders.items() if spec.tunable]
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
    if not architecture.read.fuses:
        raise ConfigError(
            "the best architecture reads features only to link what is alike (fusion none), which has no gradient that "
            "an encoder could be fine-tuned by"
        )
    if modality is None and len(found) > 1:
        raise ConfigError(f"the best architecture has {len(found)} encoders; name one with --modality {found[0]}")
    return modality or found[0]


def finetune_events(
    source: RunDirectory, run: RunDirectory, modality: str | None, method: Method, pace: Pace, device: str | None
) -> Work[Run]:
    """The work of `finetune`, event by event; `run` is an empty folder.

    The architecture is trained on the frozen readings, then with the encoder, whose best epoch on validation is
    saved under `encoder/`; last it is trained from the start on the readings of that. Of the
    recommender that was trained with the encoder and the one that was trained after it, the better on validation is
    kept. Test is never looked at.
    """
    architecture = best_architecture(source)
    modality = tunable(architecture, modality)
    spec, config = architecture.read.encoders[modality], read_config(source)
    where = resolve_device(device or config.device)
    yield Begun(run.path, config.main_metric, new=True)
    prepared = yield from reopen(source, where)
    evaluator = validation_evaluator(prepared)
    encoder = cast(HuggingFaceEncoder, spec.build(device=str(where)))  # `tunable` saw to that
    frozen = yield from train_once(prepared, evaluator, architecture, config.seed, "frozen encoder")
    joint = yield from _joint(frozen, modality, encoder, method, pace)
    yield Phase("saving the encoder")
    folder = run.encoder.absolute()
    tuned = joint.readings.tuned
    tuned.save(folder)
    changed = architecture.read.model_copy(update={modality: spec.moved(str(folder))})
    architecture = architecture.with_features(changed)
    data = absolute(config.data, source.path)
    write_beginning(run, replace(prepared, config=config.model_copy(update={"data": data})), architecture.written())
    again = yield from train_once(prepared, evaluator, architecture, config.seed, "fine-tuned encoder")
    together = _as_trained(frozen, joint, again)
    metric = config.main_metric
    first = metric_of(metric).better(together.best.metrics[metric], again.best.metrics[metric])
    kept = together if first else again
    save_trained(run, kept)
    figures = TunedFigures(frozen.best.metrics, kept.best.metrics, together.best.metrics, again.best.metrics)
    record = FinetuningRecord(
        run=str(source.path.absolute()),
        modality=modality,
        method=asdict(method),
        pace=asdict(pace),
        trained_parameters=tuned.n_trained,
        parameters=tuned.n_parameters,
        layers=tuned.n_layers,
        seed=config.seed,
        metric=metric,
        validation=figures,
        kept="together" if first else "again",
        epochs=tuple(TuningEpoch(one.loss, one.metrics, one.wall_s) for one in joint.epochs),
        best_epoch=joint.epochs[-1].best_index,
    )
    write_record(run.finetuning, record)
    write_report(run)
    return Run(run.path)


def _joint(frozen: TrainedModel, modality: str, encoder: HuggingFaceEncoder, method: Method, pace: Pace) -> Work[Joint]:
    """Train encoder and recommender together, from the recommender that the frozen readings led to."""
    training = frozen.training
    prepared, architecture = training.prepared, training.architecture
    model, features = training.model, features_of(prepared, architecture)
    assert isinstance(model, Candidate)
    assert features is not None
    places = places_of(prepared.bank.tables, architecture.read, modality, features)
    values = [value for place in places for value in place.values]
    yield Phase(f"reading {len(values):,} values through the frozen layers")
    tuned = TunedEncoder(encoder, values, method, derive_seed(prepared.config.seed, "finetune"))
    readings = Readings(model, features, places, tuned)
    yield Phase(f"fine-tuning the {modality} encoder", total=pace.epochs)
    epochs: list[Epoch] = []
    try:
        for epoch in train_together(readings, prepared.split.train, training.evaluator, pace, prepared.config):
            epochs.append(epoch)
            yield epoch
    except TrialFailed as error:
        raise SearchFailed(f"the fine-tuning failed: {error}") from error
    return Joint(readings, epochs)


def _as_trained(frozen: TrainedModel, joint: Joint, again: TrainedModel) -> TrainedModel:
    """The recommender that was trained with the encoder, over the readings of the encoder as it was saved."""
    known = again.training
    training = CandidateTraining(known.prepared, known.evaluator, known.architecture, known.seed)
    other = training.model
    assert isinstance(other, Candidate)
    joint.readings.move(other)
    training.train_s = frozen.training.train_s + sum(epoch.wall_s for epoch in joint.epochs)
    return replace(again, training=training, best=replace(again.best, metrics=known.evaluator(other).metrics))
