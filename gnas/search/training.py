"""One training under watch: best epoch, costs, failure, and the end by budget or by the user."""

import gc
import math
import sys
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from gnas.errors import TrialFailed
from gnas.search.work import Training, Work
from gnas.train.loop import Epoch

T = TypeVar("T")


class CandidateFailed(Exception):
    """A candidate raised: `reason` for the record, `details` the traceback, `out_of_memory` on the GPU."""

    def __init__(self, reason: str, details: str, *, out_of_memory: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details
        self.out_of_memory = out_of_memory


@dataclass(frozen=True)
class Progress:
    """A training so far. `metrics` are those of the best epoch."""

    epochs: int
    best_epoch: int | None
    metrics: dict[str, float] | None
    wall_s: float


def guarded(call: Callable[[], T]) -> T:
    """Call into a candidate; whatever it raises becomes `CandidateFailed`, without keeping its memory alive."""
    try:
        return call()
    except TrialFailed as error:
        gpu = _is_gpu_memory(error.__cause__)  # the training loop says in its own words that memory ran out
        raise CandidateFailed(str(error), traceback.format_exc(), out_of_memory=gpu) from None
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0]
        reason = f"{type(error).__name__}: {first}" if first else type(error).__name__
        raise CandidateFailed(reason, traceback.format_exc(), out_of_memory=_is_gpu_memory(error)) from None


def watch(
    work: Work, training: Training, late: Callable[[float], bool]
) -> Generator[tuple[Epoch, Progress], None, None]:
    """Train, yielding each epoch and the progress up to it.

    `late` says of the seconds that the training has taken whether it must end, in the midst of an epoch.

    Raises:
        CandidateFailed: the candidate raised, or measured something that is not a number.
    """
    start = work.clock()
    best: Epoch | None = None

    def halt() -> bool:
        return work.stop() or late(work.clock() - start)

    iterator = guarded(lambda: training.epochs(halt))
    try:
        while (epoch := guarded(lambda: next(iterator, None))) is not None:
            if epoch.metrics and (best is None or epoch.is_best):
                best = epoch
                _check_finite(work, epoch)
            yield (
                epoch,
                Progress(
                    epochs=epoch.index,
                    best_epoch=None if best is None else best.index,
                    metrics=None if best is None else dict(best.metrics),
                    wall_s=work.clock() - start,
                ),
            )
            work.session.beat()
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            guarded(close)


def with_costs(progress: Progress, training: Training) -> Progress:
    """The same with the candidate's costs among its metrics."""
    return replace(progress, metrics={**(progress.metrics or {}), **guarded(training.costs)})


def with_all(progress: Progress, training: Training) -> Progress:
    """The same once the training is over: measured closely, with the costs."""
    closely = guarded(training.measured)
    return with_costs(replace(progress, metrics={**(progress.metrics or {}), **closely}), training)


def free_memory() -> None:
    """Give back what a failed candidate held."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _is_gpu_memory(error: BaseException | None) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


def _check_finite(work: Work, epoch: Epoch) -> None:
    for name in work.objectives.names:
        value = epoch.metrics.get(name, 0.0)
        if not math.isfinite(value):
            raise CandidateFailed(f"{name} is {value} after epoch {epoch.index}", "")
