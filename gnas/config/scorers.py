"""Scorers: from the embeddings of a user and an item to a score."""

from typing import Annotated, ClassVar

from pydantic import Field

from gnas.config.base import Choice, ChoiceReader, register
from gnas.config.named import Activation
from gnas.registry import Registry

SCORERS: Registry[type["Scorer"]] = Registry("scorer")


class Scorer(Choice):
    """How a user's and an item's embedding become a score.

    Built with the size of the embeddings and the source of starting values; gives a `gnas.nn.scorers.Scoring`.

    Attributes:
        bilinear: whether the score is the inner product, so that sums over all pairs are products of Gram matrices.
        learned: whether it has parameters of its own.
    """

    bilinear: ClassVar[bool] = False
    learned: ClassVar[bool] = False


@register(SCORERS)
class Dot(Scorer):
    """Inner product."""

    kind: ClassVar[str] = "dot"
    builder: ClassVar[str] = "gnas.nn.scorers:DotScorer"
    bilinear: ClassVar[bool] = True


@register(SCORERS)
class Cosine(Scorer):
    """Inner product of unit vectors."""

    kind: ClassVar[str] = "cosine"
    builder: ClassVar[str] = "gnas.nn.scorers:CosineScorer"


@register(SCORERS)
class MLP(Scorer):
    """A two-layer perceptron over [u, i, u∘i] (He et al., "Neural Collaborative Filtering", WWW 2017)."""

    kind: ClassVar[str] = "mlp"
    builder: ClassVar[str] = "gnas.nn.scorers:MLPScorer"
    learned: ClassVar[bool] = True
    signs: ClassVar[dict[str, str]] = {"activation": ""}
    hidden: Annotated[int, Field(ge=1, le=1024)] = 32
    """Hidden units."""
    activation: Activation = "relu"
    """Function of the hidden units."""


ScorerField = Annotated[Scorer, ChoiceReader(SCORERS)]
