"""Behaviour as a sequence: what a user took, or who took an item, read in the order of time."""

from typing import Annotated, Literal

from pydantic import Field

from gnas.config.base import Strict

Heads = Annotated[int, Field(ge=1, le=16)]
Point = Literal["early", "late"]
"""Added to the embeddings before the propagation, or to its result."""


class History(Strict):
    """A small Transformer reads what a user took in train, or who took an item, and adds it to the embedding.

    As in SASRec (Kang & McAuley, ICDM 2018), but the result is added to the embedding of its user rather than standing
    for it.
    """

    layers: Annotated[int, Field(ge=0, le=4)] = 0
    """Layers of the Transformer; 0: nothing is read."""
    heads: Heads = 2
    """Heads of its attention; they divide `dim`."""
    length: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many interactions are read: the latest, or random ones where the data have no times."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of a history left out, drawn again in each step, since the history holds what is to be predicted."""
    sides: Literal["both", "users", "items"] = "users"
    """Whose embeddings get something: users read their histories, items their audiences."""
    entry: Point = "late"
    """`late`: added to the result of the propagation; `early`: before it, so that it reaches items as well."""

    def reads(self, side: str) -> bool:
        """Whether the histories of this side are read."""
        return self.layers > 0 and self.sides in ("both", side)
