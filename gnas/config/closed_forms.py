"""Closed forms: solved instead of trained by gradients. Each stands in the place of a propagation."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from gnas.config.base import register
from gnas.config.propagation import PROPAGATIONS, DropoutRate, Fraction, Propagation
from gnas.config.words import number

Shrink = Annotated[float, Field(ge=0, le=1000)]
"""s in (d + s)^−a, in interactions: what few interactions say is believed less, and few are weighed more alike."""


class ClosedPropagation(Propagation):
    """Any closed form. Built with the graph; gives a recommender."""

    trained: ClassVar[bool] = False
    neutral: ClassVar[tuple[str, ...]] = ()
    """Parameters that are no part of the identity while they have their default."""

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Without what is neutral."""
        default = {name: type(self).model_fields[name].default for name in self.neutral}
        return {name: value for name, value in parameters.items() if name not in default or value != default[name]}


@register(PROPAGATIONS)
class Spectral(ClosedPropagation):
    """A graph filter in closed form: GF-CF, ChebyCF, Turbo-CF, ideal low-pass filters.

    With R̃ = D_U^-user_norm R D_I^-item_norm divided by its largest singular value, P = R̃ᵀR̃, and V the `rank` leading
    right singular vectors of D_U^-½ R D_I^-½, a user with row r of R scores

        r · ( D_I^-b h(P) D_I^b + ideal · D_I^-c V Vᵀ D_I^c ),   b = `degree`, c = `ideal_degree`,

    h being the polynomial that interpolates `response`. In R̃ and beside h, degrees are the numbers of interactions and
    `user_shrink` or `item_shrink` more. The defaults are GF-CF (Shen et al., CIKM 2021).
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
    user_shrink: Shrink = 0.0
    """Added to the users' degrees; 2 to 10 is good on sparse data."""
    item_shrink: Shrink = 0.0
    """Added to the items' degrees."""

    neutral: ClassVar[tuple[str, ...]] = ("user_shrink", "item_shrink")

    @model_validator(mode="after")
    def _does_something(self) -> "Spectral":
        if self.response == "none" and self.ideal == 0:
            raise ValueError("response none with ideal 0 scores every item 0; give one of them")
        return self

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The ideal part alone: its weight is a factor of all scores. No polynomial: no order. No ideal: no rank."""
        unused: set[str] = set()
        if self.response == "none":
            unused |= {"user_norm", "item_norm", "degree", "user_shrink", "item_shrink"}
            parameters = {**parameters, "ideal": 1.0}
        if self.response in ("linear", "none"):
            unused |= {"order", "sharpness"}
        if self.ideal == 0:
            unused |= {"rank", "ideal_degree"}
        return super().mattering({name: value for name, value in parameters.items() if name not in unused})

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
class TwoHop(ClosedPropagation):
    """Walks of three steps in closed form, each end weighed on its own: user, item, user, item.

    A user with row r of R scores

        [r ∘ (D_I + in_shrink)^-in_norm] Rᵀ (D_U + user_shrink)^-2·user_norm R ∘ (D_I + out_shrink)^-out_norm.

    With exponents of 1 − β and without shrinking: P3 and RP3β (Paudel et al., TiiS 2017); with ½ the linear filter of
    GF-CF. What few interactions say is noise, and the shrinkage keeps it from being weighed up.
    """

    kind: ClassVar[str] = "two_hop"
    builder: ClassVar[str] = "gnas.nn.two_hop:fit_two_hop"
    user_norm: Fraction = 0.3
    """How far active users in the midst are weighed down."""
    user_shrink: Shrink = 5.0
    """Added to the degrees of users."""
    in_norm: Fraction = 0.5
    """How far popular items that a user took are weighed down."""
    in_shrink: Shrink = 2.0
    """Added to the degrees of items that a user took."""
    out_norm: Fraction = 0.55
    """How far popular items are weighed down that are reached."""
    out_shrink: Shrink = 10.0
    """Added to the degrees of items that are reached."""

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """An exponent of 0 leaves nothing to shrink."""
        idle = {f"{end}_shrink" for end in ("user", "in", "out") if parameters[f"{end}_norm"] == 0}
        return {name: value for name, value in parameters.items() if name not in idle}

    def words(self) -> str:
        """`two hops · norm 0.3/0.5/0.55 · shrink 5/2/10`."""
        norms, shrinks = (
            "/".join(number(getattr(self, f"{end}_{what}")) for end in ("user", "in", "out"))
            for what in ("norm", "shrink")
        )
        return f"two hops · norm {norms} · shrink {shrinks}"


@register(PROPAGATIONS)
class ItemGraph(ClosedPropagation):
    """A learned item-item graph in closed form: EASE (Steck, WWW 2019) on a normalised matrix.

    With X = s · D_U^-user_norm R D_I^-item_norm, s such that ‖X‖² is the number of interactions,
    B = argmin ‖X − XB‖² + l2·‖B‖² + dropout/(1 − dropout) · Σ_i (XᵀX)_ii ‖B_i‖² with diag(B) = 0, and a user with row r
    of R scores r D_I^-item_norm B. Degrees are the numbers of interactions and `user_shrink` or `item_shrink` more.
    The defaults are EASE.
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
    ridge: Annotated[float, Field(gt=0)] | None = None
    """Ridge weight in place of `l2`, over what data of this size say by chance: over (√(E/U) + √(E/I))², the square of
    the largest singular value of a random matrix with U users, I items and E interactions. 0.3 to 2 is good."""
    user_shrink: Shrink = 0.0
    """Added to the users' degrees; 2 to 10 is good on sparse data."""
    item_shrink: Shrink = 0.0
    """Added to the items' degrees."""

    neutral: ClassVar[tuple[str, ...]] = ("ridge", "user_shrink", "item_shrink")

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """One of the two ridges; an exponent of 0 leaves nothing to shrink."""
        unused = set() if self.ridge is None else {"l2"}
        if self.user_norm == 0:
            unused.add("user_shrink")
        if self.item_norm == 0:
            unused.add("item_shrink")
        return super().mattering({name: value for name, value in parameters.items() if name not in unused})

    def words(self) -> str:
        """`item graph λ200 · norm 0.2/0.3 · dropout 0.1`; a ridge over that of chance as `λ1.2×`."""
        ridge = number(self.l2) if self.ridge is None else f"{number(self.ridge)}×"
        rest = self.details(("l2", "ridge", "user_norm", "item_norm"))
        return " · ".join([f"item graph λ{ridge}", _norms(self), *rest])


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
    mass: Annotated[float, Field(gt=0)] | None = None
    """Weight of all pairs together over that of the interactions, in place of `unobserved`: data of any density ask for
    about the same, 3 to 25."""
    ridge: Annotated[float, Field(gt=0)] | None = None
    """Mean ridge of a row in place of `l2`, over √(E/U) + √(E/I), about the largest singular value of E interactions
    put at random. 0.2 to 1.5 is good."""

    neutral: ClassVar[tuple[str, ...]] = ("mass", "ridge")

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """One of the two weights and one of the two ridges."""
        unused = {"unobserved"} if self.mass is not None else set()
        unused |= {"l2"} if self.ridge is not None else set()
        return super().mattering({name: value for name, value in parameters.items() if name not in unused})

    def without_graph(self) -> str | None:
        """Factors have no edges."""
        return f"propagation {self.kind}"

    def words(self) -> str:
        """`als · rank 64 · w0.1 · λ5`; relative ones as `w5×` and `λ0.5×`."""
        weight = number(self.unobserved) if self.mass is None else f"{number(self.mass)}×"
        ridge = number(self.l2) if self.ridge is None else f"{number(self.ridge)}×"
        told = [f"rank {self.rank}", f"w{weight}", f"λ{ridge}"]
        return " · ".join([self.kind, *told, *self.details(("rank", "unobserved", "l2", "mass", "ridge"))])


def _norms(spec: Spectral | ItemGraph) -> str:
    return f"norm {number(spec.user_norm)}/{number(spec.item_norm)}"
