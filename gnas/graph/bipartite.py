"""The user-item graph, built once per run; every candidate takes its matrices and factors from here."""

from functools import cached_property

import numpy as np
import torch

from gnas.data.interactions import Interactions
from gnas.graph.factors import Factors, gram, truncated_svd
from gnas.graph.normalize import edge_weights, power
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.sparse import SparseMatrix


def build_graph(train: Interactions, device: torch.device) -> "Graph":
    """The graph of the train interactions on `device`; repeated interactions count once, with their mean rating."""
    key = train.user.astype(np.int64) * train.n_items + train.item
    pairs = key if bool((key[1:] > key[:-1]).all()) else np.unique(key)  # a split is sorted already
    user, item = np.divmod(pairs, max(train.n_items, 1))
    count = torch.from_numpy(np.bincount(user, minlength=train.n_users)).to(device)
    pattern = Pattern(start_of(count), torch.from_numpy(item).to(device), (train.n_users, train.n_items))
    if train.rating is None:
        return Graph(pattern)
    row = np.searchsorted(pairs, key)
    rating = np.bincount(row, train.rating, len(pairs)) / np.bincount(row, minlength=len(pairs))
    return Graph(pattern, torch.from_numpy(rating).float().to(device))


class Graph:
    """Users and items as the nodes 0 … U−1 and U … U+I−1 of one undirected graph, its edges the interactions.

    Everything that does not depend on a candidate is computed on first use and kept. `n_interactions` counts distinct
    pairs. `user_item` is R [U, I], one where a user took an item; the order of its entries is the order of `edges`
    everywhere. `rating_E` are the ratings in that order, None where the data have none.
    """

    def __init__(self, pattern: Pattern, rating_E: torch.Tensor | None = None) -> None:
        self.n_users, self.n_items = pattern.shape
        self.n_nodes = self.n_users + self.n_items
        self.n_interactions = pattern.nnz
        self.device = pattern.device
        self.rating_E = rating_E
        self.user_item = SparseMatrix(pattern, torch.ones(pattern.nnz, device=pattern.device))
        self._adjacencies: dict[tuple[float | None, bool], SparseMatrix] = {}
        self._factors: dict[int, Factors] = {}
        self._grams: dict[float, torch.Tensor] = {}

    @cached_property
    def degree_N(self) -> torch.Tensor:
        """Number of neighbours of each node: float32 [N]."""
        pattern = self.user_item.pattern
        return torch.cat([pattern.count, pattern.transposed.count]).float()

    def adjacency(self, exponent: float | None, self_loops: bool = False) -> SparseMatrix:
        """The matrix [N, N] that propagates: edge w → v weighs d_v^(a−1) · d_w^(−a), a = `exponent`; None weighs 1.

        With `self_loops` every node is its own neighbour too, and counts in its degree.
        """
        key = (exponent, self_loops)
        if key not in self._adjacencies:
            pattern, edge = self._looped if self_loops else self._plain
            degree_N = self.degree_N + 1 if self_loops else self.degree_N
            if exponent is None:
                value = torch.ones(pattern.nnz, device=self.device)
            else:
                value = edge_weights(pattern, degree_N, exponent)
            self._adjacencies[key] = SparseMatrix(pattern, value, symmetric=exponent in (None, 0.5), edge=edge)
        return self._adjacencies[key]

    def normalized(self, exponent: float = 0.5) -> SparseMatrix:
        """R̃ = D_U^−a R D_I^(a−1) [U, I] with a = `exponent`."""
        pattern = self.user_item.pattern
        user, item = self.degree_N[: self.n_users], self.degree_N[self.n_users :]
        value = power(user, -exponent)[pattern.row] * power(item, exponent - 1)[pattern.column]
        return SparseMatrix(pattern, value)

    def svd(self, rank: int) -> Factors:
        """The leading `rank` singular triplets of D_U^−½ R D_I^−½; at most min(U, I) of them."""
        width = min(max(64, 1 << (rank - 1).bit_length()), self.n_users, self.n_items)
        if width not in self._factors:
            self._factors[width] = truncated_svd(self.normalized(), width)
        return self._factors[width].first(rank)

    def item_gram(self, user_exponent: float = 0.0) -> torch.Tensor:
        """Rᵀ D_U^(−2·user_exponent) R, dense float32 [I, I]; the last two exponents asked for are kept."""
        if user_exponent not in self._grams:
            if len(self._grams) > 1:
                self._grams.pop(next(iter(self._grams)))
            weight = power(self.degree_N[: self.n_users], -user_exponent)
            self._grams[user_exponent] = gram(self.user_item, weight)
        return self._grams[user_exponent]

    @cached_property
    def _plain(self) -> tuple[Pattern, torch.Tensor]:
        down = self.user_item.pattern
        up = down.transposed
        count = torch.cat([down.count, up.count])
        column = torch.cat([down.column.long() + self.n_users, up.column.long()])
        edge = torch.cat([torch.arange(down.nnz, device=self.device), down.to_transposed])
        return Pattern(start_of(count), column, (self.n_nodes, self.n_nodes), symmetric=True), edge

    @cached_property
    def _looped(self) -> tuple[Pattern, torch.Tensor]:
        plain, edge = self._plain
        node = torch.arange(self.n_nodes, device=self.device)
        row, column = torch.cat([plain.row, node]), torch.cat([plain.column.long(), node])
        order = torch.argsort(row * self.n_nodes + column)
        edge = torch.cat([edge, torch.full_like(node, -1)])[order]
        return Pattern(start_of(plain.count + 1), column[order], plain.shape, symmetric=True), edge
