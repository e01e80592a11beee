"""Kinds of candidates, whose learning curves are alike."""

from gnas.config.architecture import Architecture, Trained


def kind_of(architecture: Architecture) -> str:
    """Propagation, loss, contrastive term, crossed layers, hidden interactions and prior, as one name."""
    if not isinstance(architecture, Trained):
        return architecture.kind
    stack = architecture.propagation.stack()
    alone = architecture.propagation.without_graph() is not None
    parts = ["none" if alone else architecture.kind, architecture.loss.kind]
    parts += [architecture.contrastive.kind] if architecture.contrastive.used else []
    parts += ["crossed"] if stack is not None and stack.crosses else []
    parts += ["masked"] if architecture.target_mask else []
    parts += ["prior"] if architecture.has_prior else []
    return " ".join(parts)
