"""The history of a user as part of an architecture."""

from typing import Annotated, Literal

from pydantic import Field

from gnas.config.base import Strict

Point = Literal["early", "late"]
"""Added to the embeddings before the propagation, or to its result."""


class History(Strict):
    """A small Transformer reads what a user took in train and adds it to the user's embedding.

    As in SASRec (Kang & McAuley, ICDM 2018), but the result is added to the embedding rather than standing for it.
    """

    layers: Annotated[int, Field(ge=0, le=4)] = 0
    """Layers of the Transformer; 0: nothing is read."""
    heads: Annotated[int, Field(ge=1, le=16)] = 2
    """Heads of its attention; they divide `dim`."""
    length: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many interactions are read: the latest, or random ones where the data have no times."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of a history left out, drawn again in each step, since the history holds what is to be predicted."""
    entry: Point = "late"
    """`late`: added to the result of the propagation; `early`: before it, so that it reaches items as well."""
