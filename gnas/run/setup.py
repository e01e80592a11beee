"""The setup of a search: its space, its trainings, and what is trained first."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from gnas.config.architecture import Architecture
from gnas.config.data import SplitConfig
from gnas.config.load import load_architecture
from gnas.config.run import RunConfig, SearchConfig
from gnas.config.secret import revealed
from gnas.data.split import VALID, split_parts
from gnas.errors import RunError
from gnas.evaluate.evaluator import Measure
from gnas.metrics import metric_of
from gnas.rng import derive_seed
from gnas.run.baselines import as_candidates
from gnas.run.candidate import CandidateTraining
from gnas.run.ensemble import named_trials
from gnas.run.measures import epoch_evaluator, validation_evaluator
from gnas.run.prepared import Prepared
from gnas.run.refit import joined, shared_out
from gnas.rundir.beginning import read_config, read_data
from gnas.rundir.fork import forked
from gnas.rundir.layout import RunDirectory, open_directory
from gnas.rundir.trial import read_statuses
from gnas.search.objectives import objectives_of
from gnas.search.pruners import PRUNERS
from gnas.search.samplers import SAMPLERS
from gnas.search.work import Setup
from gnas.space.search_space import SearchSpace

TOP = 5
"""Architectures taken from each run."""
BLEND_SHARE = 0.05
"""Share of the time that is kept back for the ensemble."""
Confirmation = Callable[[Architecture, int, int], CandidateTraining]


def check_search(config: SearchConfig) -> None:
    """Raise `ConfigError` for what only the search layer knows to be wrong, before anything is read or made."""
    SAMPLERS[config.sampler]
    PRUNERS[config.pruner]
    objectives_of(config)


def require_password(config: RunConfig) -> None:
    """Raise `ConfigError` before any work is done, where the storage's password is hidden and nobody says it."""
    if config.search.storage is not None:
        revealed(config.search.storage)


def setup_of(prepared: Prepared, evaluator: Measure, space: SearchSpace, spent_s: float, run: RunDirectory) -> Setup:
    """What the search layer needs; `spent_s` of the wall time are gone already."""
    config = prepared.config.search
    if config.timeout is not None:
        left_s = config.timeout - spent_s - blend_s(config)
        config = config.model_copy(update={"timeout": max(1.0, left_s)})
    watching = epoch_evaluator(prepared, evaluator)
    return Setup(
        space=space,
        config=config,
        seed=prepared.config.seed,
        train=lambda architecture, seed: CandidateTraining(prepared, evaluator, architecture, seed, watching),
        first=warm_architectures(config.warm_start, prepared.config, prepared.split.fingerprint),
        epochs=prepared.config.train.epochs,
        ahead={**forked(run), **as_candidates(run)},
        confirm=confirmation(prepared),
        keep=named_trials(run),
    )


def blend_s(config: SearchConfig) -> float:
    """Seconds that are kept back for choosing an ensemble; 0 where there is none, or no limit."""
    return BLEND_SHARE * config.timeout if config.timeout is not None and config.picks else 0.0


def warm_architectures(runs: Sequence[str], config: RunConfig, fingerprint: str) -> dict[str, Architecture]:
    """The `TOP` complete trials of each run by the main metric, its winner first, named for where they come from.

    Of other data they carry over; of another split of these they do not: its validation may hold today's test.

    Args:
        runs: their directories.
        config: of the new search.
        fingerprint: of its split.

    Raises:
        RunError: not a run, one of another split, or one in which no trial measured the metric.
    """
    metric = config.main_metric
    found: dict[str, Architecture] = {}
    known: set[str] = set()
    gain = metric_of(metric).gain
    for name in runs:
        run = open_directory(Path(name))
        _refuse_other_split(run, config, fingerprint)
        able = [one for one in read_statuses(run) if one.state == "complete" and metric in one.metrics]
        ranked = sorted(able, key=lambda one: gain(one.metrics[metric]), reverse=True)
        paths = [run.architecture] if run.architecture.exists() else []
        if not ranked and not paths:
            raise RunError(f"search.warm_start: no trial of {name} was completed with {metric}; drop that run")
        for path in [*paths, *(run.trial(one.number).architecture for one in ranked[:TOP])]:
            architecture = load_architecture(str(path))
            if architecture.identity not in known:
                known.add(architecture.identity)
                found[f"{run.path.name} {path.parent.name}"] = architecture
    return found


def _refuse_other_split(run: RunDirectory, config: RunConfig, fingerprint: str) -> None:
    known, old = read_data(run).fingerprint, read_config(run).data
    shared = {old.source, old.train} & {config.data.source, config.data.train} - {None}
    if known != fingerprint and shared:
        raise RunError(
            f"search.warm_start: {run.path} searched another split of {shared.pop()} (fingerprint {known[:12]}, now "
            f"{fingerprint[:12]}), and may have learnt from what is test now; split and filter the data alike, under "
            "the same seed, or drop that run"
        )


def confirmation(prepared: Prepared) -> Confirmation | None:
    """Makes the training of an architecture under a seed in a round; None where rounds share the validation part.

    A round draws as large a validation part at random out of train and validation, each user's share alike, and the
    same for all candidates. Only where the validation part was drawn at random itself: one that was given, or that
    lies later in time, asks another question than a random one.
    """
    data = prepared.config.data
    if not prepared.config.search.confirm.resample or data.split.kind != "random" or data.valid is not None:
        return None

    @lru_cache(maxsize=1)  # rounds come one after the other, each for all candidates
    def drawn(index: int) -> tuple[Prepared, Measure, Measure]:
        other = resampled(prepared, index)
        whole = validation_evaluator(other)
        return other, whole, epoch_evaluator(other, whole)

    def training(architecture: Architecture, seed: int, index: int) -> CandidateTraining:
        other, whole, watching = drawn(index)
        return CandidateTraining(other, whole, architecture, seed, watching)

    return training


def resampled(prepared: Prepared, index: int) -> Prepared:
    """The run with the validation part of round `index`; test is not touched."""
    known = joined(prepared.split.train, prepared.split.valid)
    share = SplitConfig(kind="random", valid=len(prepared.split.valid) / len(known), test=0.0)
    held = split_parts(known, share, derive_seed(prepared.config.seed, "confirm", index)) == VALID
    return shared_out(prepared, known.take(~held), known.take(held))
