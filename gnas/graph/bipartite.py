"""The user-item graph, built once per run. Every candidate takes its relations, matrices and factors from here."""

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Generic, TypeVar

import torch

from gnas.data.interactions import Interactions
from gnas.graph.factors import EXACT_BELOW, Factors, gram, truncated_svd
from gnas.graph.normalize import power
from gnas.graph.relations.behaviours import weighted
from gnas.graph.relations.interactions import interactions, ratings
from gnas.graph.relations.relation import Relation
from gnas.graph.sparse import SparseMatrix

T = TypeVar("T")
TIERS = (128, 512, 1024)
"""Factors are computed for one of these ranks and cut to the one asked for, so that candidates share them, and what one
gets does not depend on those before it. Where one side is small they are all computed at once."""
MANY_ITEMS = 8192
"""Beyond, one Gram matrix is kept and not two."""


def build_graph(
    train: Interactions, device: torch.device, behaviours: Mapping[str, Interactions] | None = None
) -> "Graph":
    """The graph of the train interactions on `device`; repeated interactions count once, with their mean rating."""
    others = {name: interactions(log, device, name) for name, log in (behaviours or {}).items()}
    return Graph(interactions(train, device), ratings(train, device), others)


class Graph:
    """Users and items as the nodes 0 … U−1 and U … U+I−1 of one graph, and what relates them.

    Everything that does not depend on a candidate is computed on first use and kept. `n_interactions` counts distinct
    pairs. `user_item` is R [U, I], one where a user took an item; the order of its entries is the order of `edges`
    everywhere. `rating_E` are the ratings in that order, None where the data have none. `relations` keeps those that
    were asked for last, beside `interactions`. `behaviours` relate users to items by what else they did. `history` is
    what a user is scored by: R itself, unless the graph is one of several behaviours together, see `together`.
    """

    def __init__(
        self,
        interactions: Relation,
        rating_E: torch.Tensor | None = None,
        behaviours: Mapping[str, Relation] | None = None,
        history: SparseMatrix | None = None,
    ) -> None:
        self.interactions, self.rating_E = interactions, rating_E
        self.behaviours = dict(behaviours or {})
        self.history = interactions.matrix if history is None else history
        self.user_item = interactions.matrix
        self.n_users, self.n_items = interactions.n_users, interactions.n_items
        self.n_nodes = interactions.n_nodes
        self.n_interactions = self.user_item.nnz
        self.device = interactions.device
        self.relations: Kept[Relation] = Kept(8)
        self._factors: Kept[Factors] = Kept(len(TIERS))
        self._grams: Kept[torch.Tensor] = Kept(2 if self.n_items <= MANY_ITEMS else 1)
        self._together: Kept[Graph] = Kept(2 if self.n_items <= MANY_ITEMS else 1)

    def together(self, weight: Mapping[str, float], history: Mapping[str, float]) -> "Graph":
        """The graph in which each behaviour counts its `weight` beside the target's 1, kept for the next who asks.

        The history of a user is then the target, and each behaviour with its number in `history`. Itself where all of
        them are 0.
        """
        weight, history = ({name: each for name, each in sorted(given.items()) if each} for given in (weight, history))
        if not weight and not history:
            return self

        def build() -> Graph:
            target, others = self.interactions, self.behaviours
            relation = weighted(target, others, weight) if weight else target
            own = weighted(target, others, history).matrix if history else target.matrix
            return Graph(relation, history=own)

        return self._together.of((tuple(weight.items()), tuple(history.items())), build)

    @property
    def degree_N(self) -> torch.Tensor:
        """Number of interactions of each node: float32 [N]."""
        return self.interactions.degree_N

    @property
    def degree_U(self) -> torch.Tensor:
        """Number of items of each user: float32 [U]."""
        return self.degree_N[: self.n_users]

    @property
    def degree_I(self) -> torch.Tensor:
        """Number of users of each item: float32 [I]."""
        return self.degree_N[self.n_users :]

    def normalized(
        self, user_norm: float = 0.5, item_norm: float = 0.5, user_shrink: float = 0.0, item_shrink: float = 0.0
    ) -> SparseMatrix:
        """(D_U + user_shrink)^-user_norm R (D_I + item_shrink)^-item_norm [U, I]."""
        pattern = self.user_item.pattern
        user_U = power(self.degree_U, -user_norm, user_shrink)
        item_I = power(self.degree_I, -item_norm, item_shrink)
        scale_E = user_U[pattern.row] * item_I[pattern.column]
        return SparseMatrix(pattern, scale_E if self.plain else self.user_item.value * scale_E)

    def svd(self, rank: int) -> Factors:
        """The leading `rank` singular triplets of D_U^−½ R D_I^−½; at most min(U, I) of them."""
        most = min(self.n_users, self.n_items)
        tier = most if most <= EXACT_BELOW else next((tier for tier in TIERS if rank <= tier), rank)
        width = min(tier, most)
        return self._factors.of(width, lambda: truncated_svd(self.normalized(), width)).first(rank)

    def item_gram(self, user_exponent: float = 0.0, user_shrink: float = 0.0) -> torch.Tensor:
        """Rᵀ (D_U + user_shrink)^(−2·user_exponent) R, dense float32 [I, I]; the last two asked for are kept."""
        key = (user_exponent, user_shrink if user_exponent else 0.0)
        return self._grams.of(key, lambda: gram(self.user_item, power(self.degree_U, -user_exponent, user_shrink)))

    @cached_property
    def plain(self) -> bool:
        """Whether all entries of R are 1."""
        return bool((self.user_item.value == 1).all())

    @cached_property
    def mass(self) -> float:
        """The sum of the squares of R's entries; without weights the number of interactions."""
        return float(self.n_interactions) if self.plain else float(self.user_item.value.double().square().sum())

    @property
    def chance(self) -> float:
        """(√(E/U) + √(E/I))²: about the square of the largest singular value of as many interactions put at random.

        E is the sum of the squares of R's entries.
        """
        n = self.mass
        edge: float = (n / max(self.n_users, 1)) ** 0.5 + (n / max(self.n_items, 1)) ** 0.5
        return edge * edge


class Kept(Generic[T]):
    """The last `size` things made, by key."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._things: dict[Hashable, T] = {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing of `key`, made if it is not there."""
        if key not in self._things:
            while len(self._things) >= self.size:
                self._things.pop(next(iter(self._things)))
            self._things[key] = make()
        return self._things[key]
