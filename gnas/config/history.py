"""Behaviour as a sequence: what a user took, or who took an item, read in the order of time."""

from typing import Annotated, Literal

from pydantic import Field

from gnas.config.base import Strict

Heads = Annotated[int, Field(ge=1, le=16)]
Point = Literal["early", "late"]
"""Added to the embeddings before the propagation, or to its result."""


class History(Strict):
    """A small Transformer over a user's train history, or an item's audience; one more part of its embedding.

    As in SASRec (Kang & McAuley, ICDM 2018), but the result is added to the embedding of its user rather than standing
    for it.
    """

    layers: Annotated[int, Field(ge=0, le=4)] = 0
    """Layers of the Transformer; 0: histories are not read."""
    heads: Heads = 2
    """Heads of its attention; they divide `dim`."""
    length: Annotated[int, Field(ge=1, le=1000)] = 50
    """The latest so many interactions are read; where the data have no times, so many drawn at random."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of a history left out, drawn anew each step: what is to be predicted stands in the history too."""
    sides: Literal["both", "users", "items"] = "users"
    """`users` have histories, `items` have audiences."""
    entry: Point = "late"
    """`early` passes it on to items as well."""

    def reads(self, side: str) -> bool:
        """Whether the histories of this side are read."""
        return self.layers > 0 and self.sides in ("both", side)
