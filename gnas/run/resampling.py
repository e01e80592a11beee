"""Rounds of confirmation on other draws of validation: luck with one validation part is luck as well."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from gnas.config.architecture import Architecture
from gnas.config.data import SplitConfig
from gnas.data.split import VALID, split_parts
from gnas.evaluate.evaluator import Measure
from gnas.rng import derive_seed
from gnas.run.prepared import Prepared, epoch_evaluator, validation_evaluator
from gnas.run.refitting import joined, shared_out
from gnas.run.training import CandidateTraining

Confirmation = Callable[[Architecture, int, int], CandidateTraining]


def confirmation(prepared: Prepared, base: Path) -> Confirmation | None:
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
        other = resampled(prepared, index, base)
        whole = validation_evaluator(other)
        return other, whole, epoch_evaluator(other, whole)

    def training(architecture: Architecture, seed: int, index: int) -> CandidateTraining:
        other, whole, watching = drawn(index)
        return CandidateTraining(other, whole, architecture, seed, watching)

    return training


def resampled(prepared: Prepared, index: int, base: Path) -> Prepared:
    """The run with the validation part of round `index`; test is not touched."""
    known = joined(prepared.split.train, prepared.split.valid)
    share = SplitConfig(kind="random", valid=len(prepared.split.valid) / len(known), test=0.0)
    held = split_parts(known, share, derive_seed(prepared.config.seed, "confirm", index)) == VALID
    return shared_out(prepared, known.take(~held), known.take(held), base)
