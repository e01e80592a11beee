"""Contrastive terms beside the loss."""

from typing import Annotated, ClassVar

from pydantic import Field

from gnas.config.base import Choice, ChoiceReader, register
from gnas.config.losses import Temperature
from gnas.config.propagation import Propagation
from gnas.registry import Registry

CONTRASTIVES: Registry[type["Contrastive"]] = Registry("contrastive term")


class Contrastive(Choice):
    """An InfoNCE term between two views of the same node, beside the loss.

    Built without anything else; gives a `gnas.nn.contrastive.Contrast`; one that is not `used` is never built.

    Attributes:
        used: whether there is a term at all.
        views: passes over the graph beside the main one.
    """

    used: ClassVar[bool] = True
    views: ClassVar[int] = 0

    def refuses(self, _propagation: Propagation, /) -> str | None:
        """Why it cannot stand beside `propagation`, or None."""
        return None


@register(CONTRASTIVES)
class NoContrastive(Contrastive):
    """No such term."""

    kind: ClassVar[str] = "none"
    used: ClassVar[bool] = False


class ViewContrast(Contrastive):
    """Two views of a node must agree more than views of different nodes (InfoNCE)."""

    signs: ClassVar[dict[str, str]] = {"weight": "", "temperature": "τ", "eps": "ε"}
    always: ClassVar[tuple[str, ...]] = ("weight",)
    weight: Annotated[float, Field(gt=0, le=10)] = 0.1
    """Weight beside the loss."""
    temperature: Temperature = 0.2
    """τ of the softmax."""


@register(CONTRASTIVES)
class SGL(ViewContrast):
    """Wu et al., SIGIR 2021: two views by edge dropout."""

    kind: ClassVar[str] = "sgl"
    builder: ClassVar[str] = "gnas.nn.contrastive:sgl"
    views: ClassVar[int] = 2
    edge_dropout: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of edges that each view leaves out."""

    def refuses(self, propagation: Propagation, /) -> str | None:
        """Without a graph there are no edges to drop."""
        if not (what := propagation.without_graph()):
            return None
        return f"contrastive sgl drops edges, but {what} has no graph; take simgcl"


@register(CONTRASTIVES)
class SimGCL(ViewContrast):
    """Yu et al., SIGIR 2022: two views by uniform noise of norm eps on every layer."""

    kind: ClassVar[str] = "simgcl"
    builder: ClassVar[str] = "gnas.nn.contrastive:simgcl"
    views: ClassVar[int] = 2
    eps: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Norm of the noise."""


@register(CONTRASTIVES)
class XSimGCL(ViewContrast):
    """Yu et al., TKDE 2023: one noisy pass; layer `layer` against the final output."""

    kind: ClassVar[str] = "xsimgcl"
    builder: ClassVar[str] = "gnas.nn.contrastive:xsimgcl"
    eps: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Norm of the noise."""
    layer: Annotated[int, Field(ge=0, le=8)] = 1
    """The layer that is compared with the final output."""


ContrastiveField = Annotated[Contrastive, ChoiceReader(CONTRASTIVES)]
