"""Samplings of negatives."""

from typing import Annotated, ClassVar

from pydantic import Field

from gnas.config.base import Choice, ChoiceReader, register
from gnas.registry import Registry

SAMPLINGS: Registry[type["Sampling"]] = Registry("sampling")


class Sampling(Choice):
    """Where negatives come from. A negative is never a known positive of its user.

    Built with the known positives; gives a `gnas.nn.negatives.Drawer`.
    """


@register(SAMPLINGS)
class UniformSampling(Sampling):
    """Every item alike."""

    kind: ClassVar[str] = "uniform"
    builder: ClassVar[str] = "gnas.nn.negatives:uniform"


@register(SAMPLINGS)
class PopularitySampling(Sampling):
    """Items by their number of interactions to the power `exponent`."""

    kind: ClassVar[str] = "popularity"
    builder: ClassVar[str] = "gnas.nn.negatives:by_popularity"
    signs: ClassVar[dict[str, str]] = {"exponent": "^"}
    exponent: Annotated[float, Field(ge=0, le=2)] = 0.75
    """1: as often as it was taken; 0: every item alike."""


@register(SAMPLINGS)
class InBatchSampling(Sampling):
    """The positive items of other users in the batch."""

    kind: ClassVar[str] = "in-batch"
    builder: ClassVar[str] = "gnas.nn.negatives:FromBatch"


@register(SAMPLINGS)
class HardSampling(Sampling):
    """Of `candidates` uniform draws, the one that the model scores highest (Zhang et al., SIGIR 2013)."""

    kind: ClassVar[str] = "hard"
    builder: ClassVar[str] = "gnas.nn.negatives:Hardest"
    signs: ClassVar[dict[str, str]] = {"candidates": "of "}
    candidates: Annotated[int, Field(ge=2, le=64)] = 4
    """Draws of which one is kept."""


SamplingField = Annotated[Sampling, ChoiceReader(SAMPLINGS)]
