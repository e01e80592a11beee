"""Closed forms: solved instead of trained by gradients. Each stands in the place of a propagation."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from gnas.config.base import register
from gnas.config.propagation import PROPAGATIONS, DropoutRate, Fraction, Propagation
from gnas.config.words import number


class ClosedPropagation(Propagation):
    """Any closed form. Built with the graph; gives a recommender."""

    trained: ClassVar[bool] = False


@register(PROPAGATIONS)
class Spectral(ClosedPropagation):
    """A graph filter in closed form: GF-CF, ChebyCF, Turbo-CF, ideal low-pass filters.

    With R̃ = D_U^-user_norm R D_I^-item_norm divided by its largest singular value, P = R̃ᵀR̃, and V the `rank` leading
    right singular vectors of D_U^-½ R D_I^-½, a user with row r of R scores

        r · ( D_I^-b h(P) D_I^b + ideal · D_I^-c V Vᵀ D_I^c ),   b = `degree`, c = `ideal_degree`,

    h being the polynomial that interpolates `response`. The defaults are GF-CF (Shen et al., CIKM 2021).
    """

    kind: ClassVar[str] = "spectral"
    builder: ClassVar[str] = "gnas.nn.spectral:fit_spectral"
    user_norm: Fraction = 0.5
    """How far active users are weighed down; 0.1 to 0.5 is good, and the best value differs by data."""
    item_norm: Fraction = 0.5
    """How far popular items are weighed down; 0.3 to 0.5 is good."""
    response: Literal["linear", "ridge", "plateau", "none"] = "linear"
    """h on eigenvalues λ in 0..1: `linear` λ (GF-CF), `ridge` λ/(λ + 1/sharpness), `plateau` with x = 2λ − 1
    ½(1 + sign(x)|x|^sharpness) (ChebyCF), `none` 0: the ideal part alone."""
    order: Annotated[int, Field(ge=1, le=32)] = 8
    """Order of the Chebyshev interpolation of `ridge` and `plateau`; each order costs a product with P."""
    sharpness: Annotated[float, Field(gt=0, le=64)] = 8.0
    """How steep `response` is."""
    degree: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """b: exponent of the item degrees before and after h(P)."""
    ideal: Annotated[float, Field(ge=0, le=10)] = 0.3
    """Weight of the ideal low-pass part V Vᵀ."""
    rank: Annotated[int, Field(ge=1, le=4096)] = 256
    """Singular vectors in the ideal part; small data want 8 to 64."""
    ideal_degree: Annotated[float, Field(ge=-1, le=1)] = 0.5
    """c: exponent of the item degrees before and after V Vᵀ."""

    @model_validator(mode="after")
    def _does_something(self) -> "Spectral":
        if self.response == "none" and self.ideal == 0:
            raise ValueError("response none with ideal 0 scores every item 0; give one of them")
        return self

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The ideal part alone: its weight is a factor of all scores. No polynomial: no order. No ideal: no rank."""
        unused: set[str] = set()
        if self.response == "none":
            unused |= {"user_norm", "item_norm", "degree"}
            parameters = {**parameters, "ideal": 1.0}
        if self.response in ("linear", "none"):
            unused |= {"order", "sharpness"}
        if self.ideal == 0:
            unused |= {"rank", "ideal_degree"}
        return {name: value for name, value in parameters.items() if name not in unused}

    def words(self) -> str:
        """`spectral ridge order 4 + ideal 0.3 rank 32 · norm 0.5/0.5`."""
        parts = []
        if self.response != "none":
            order = f" order {self.order}" if self.response != "linear" else ""
            parts.append(f"{self.response}{order}")
        if self.ideal:
            weight = f" {number(self.ideal)}" if self.response != "none" else ""
            parts.append(f"ideal{weight} rank {self.rank}")
        norms = f" · {_norms(self)}" if self.response != "none" else ""
        told = ("response", "order", "ideal", "rank", "user_norm", "item_norm")
        return " · ".join([f"spectral {' + '.join(parts)}{norms}", *self.details(told)])


@register(PROPAGATIONS)
class ItemGraph(ClosedPropagation):
    """A learned item-item graph in closed form: EASE (Steck, WWW 2019) on a normalised matrix.

    With X = s · D_U^-user_norm R D_I^-item_norm, s such that ‖X‖² is the number of interactions,
    B = argmin ‖X − XB‖² + l2·‖B‖² + dropout/(1 − dropout) · Σ_i (XᵀX)_ii ‖B_i‖² with diag(B) = 0, and a user with row r
    of R scores r D_I^-item_norm B. The defaults are EASE.
    """

    kind: ClassVar[str] = "item_graph"
    builder: ClassVar[str] = "gnas.nn.item_graph:fit_item_graph"
    l2: Annotated[float, Field(gt=0)] = 200.0
    """Ridge weight, in units of interactions."""
    dropout: DropoutRate = 0.0
    """EDLAE's emphasised dropout (Steck, NeurIPS 2020)."""
    user_norm: Fraction = 0.0
    """How far active users are weighed down; 0.25 is better than 0 on most data."""
    item_norm: Fraction = 0.0
    """How far popular items are weighed down; 0.2 to 0.35 is better than 0 on most data."""

    def words(self) -> str:
        """`item graph λ200 · norm 0.2/0.3 · dropout 0.1`."""
        rest = self.details(("l2", "user_norm", "item_norm"))
        return " · ".join([f"item graph λ{number(self.l2)}", _norms(self), *rest])


@register(PROPAGATIONS)
class ALS(ClosedPropagation):
    """Matrix factorisation solved by alternating least squares on all user-item pairs: implicit ALS.

    Hu, Koren & Volinsky, ICDM 2008, regularised as in Rendle et al., RecSys 2022. The loss is that of `all-pairs`; each
    side is solved exactly in turn.
    """

    kind: ClassVar[str] = "als"
    builder: ClassVar[str] = "gnas.nn.als:fit_als"
    rank: Annotated[int, Field(ge=1, le=4096)] = 64
    """Size of the factors."""
    unobserved: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Weight of a pair that is not an interaction; an interaction has 1."""
    l2: Annotated[float, Field(gt=0)] = 5.0
    """Mean ridge of a row; active users and popular items get more."""
    sweeps: Annotated[int, Field(ge=1, le=200)] = 12
    """How often both sides are solved."""

    def without_graph(self) -> str | None:
        """Factors have no edges."""
        return f"propagation {self.kind}"

    def words(self) -> str:
        """`als · rank 64 · w0.1 · λ5`."""
        told = [f"rank {self.rank}", f"w{number(self.unobserved)}", f"λ{number(self.l2)}"]
        return " · ".join([self.kind, *told, *self.details(("rank", "unobserved", "l2"))])


def _norms(spec: Spectral | ItemGraph) -> str:
    return f"norm {number(spec.user_norm)}/{number(spec.item_norm)}"
