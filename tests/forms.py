"""Forms of architectures, and operators, for the tests."""

from typing import Any

from gnas.config.architecture import Architecture, Trained
from gnas.config.propagation import PROPAGATIONS, Layered

OPERATORS = [name for name, spec in PROPAGATIONS.items() if issubclass(spec, Layered) and name != "mixed"]
"""All that move embeddings along edges, one layer at a time."""

SOLVED = [name for name, spec in PROPAGATIONS.items() if not spec.trained]
"""All closed forms."""


def trained(architecture: Architecture) -> Trained:
    """The architecture, which must be of the trained form."""
    assert isinstance(architecture, Trained), architecture
    return architecture


def setting(architecture: Architecture, name: str) -> Any:
    """What an architecture says of a field; of one that does not matter to it, the default."""
    return {**Trained().written(), **architecture.written()}[name]
