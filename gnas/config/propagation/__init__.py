"""Propagation over the user-item graph: one class per operator, and the stack they share.

A class here says what can be written and names the layer that does it. Adding an operator means one class, with
`builder` pointing at its layer, and one file that holds the layer; `@register(PROPAGATIONS)` makes it known.
"""

from typing import Annotated

from gnas.config.base import ChoiceReader
from gnas.config.propagation.mixed import Mixed
from gnas.config.propagation.operators import (
    GAT,
    GCN,
    GIN,
    NGCF,
    SAGE,
    GATv2,
    GraphTransformer,
    LightGCN,
    PyG,
)
from gnas.config.propagation.stack import (
    PROPAGATIONS,
    Degrees,
    DropoutRate,
    Fraction,
    Layered,
    NoPropagation,
    Norm,
    Propagation,
    degrees_of,
)

PropagationField = Annotated[Propagation, ChoiceReader(PROPAGATIONS)]

__all__ = [
    "GAT",
    "GCN",
    "GIN",
    "NGCF",
    "PROPAGATIONS",
    "SAGE",
    "Degrees",
    "DropoutRate",
    "Fraction",
    "GATv2",
    "GraphTransformer",
    "Layered",
    "LightGCN",
    "Mixed",
    "NoPropagation",
    "Norm",
    "Propagation",
    "PropagationField",
    "PyG",
    "degrees_of",
]
