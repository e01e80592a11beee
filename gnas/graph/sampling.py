"""Draws neighbourhoods at random, for training steps on a graph that is too large.

Hamilton et al., GraphSAGE, NeurIPS 2017, with draws that keep sums over neighbours right on average.
Shapes: N nodes of the graph, S sampled ones, R rows that are looked at, E entries, P drawn ones.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from gnas.graph.normalize import Exponent, Weighing
from gnas.graph.pattern import Pattern, runs, start_of
from gnas.graph.relations.relation import Relation
from gnas.graph.sparse import SparseMatrix


@dataclass(frozen=True)
class Neighbourhood:
    """The nodes within some hops of the seeds, and drawn entries of a relation between them: a relation of its own.

    `node_S` int64 [S], rising, so that users stand before items as in the graph. `pattern` [S, S] holds the drawn
    entries, `entry_P` their places in `whole.links` and `weight_P` how many entries of its row each stands for.
    A row whose entries are all there has weights 1; nodes of the last hop have no entries.
    """

    whole: Relation
    node_S: Tensor
    pattern: Pattern
    entry_P: Tensor
    weight_P: Tensor
    _adjacencies: dict[Weighing, SparseMatrix] = field(default_factory=dict, repr=False)

    @property
    def n_edges(self) -> int:
        """Number of drawn entries: dropout treats each by itself."""
        return self.pattern.nnz

    def adjacency(
        self, exponent: Exponent | None = None, self_loops: bool = False, shrink: float = 0.0
    ) -> SparseMatrix:
        """The drawn part of the adjacency of the whole relation; with its self loops, where it has them."""
        weighing = Weighing(exponent, self_loops, shrink)
        if weighing not in self._adjacencies:
            self._adjacencies[weighing] = self._part(weighing)
        return self._adjacencies[weighing]

    def _part(self, weighing: Weighing) -> SparseMatrix:
        pattern, weight_P, value_P = self.pattern, self.weight_P, self.whole.links.value[self.entry_P]
        edge_P = torch.arange(pattern.nnz, device=pattern.device)
        if weighing.self_loops:
            pattern, order = pattern.looped()
            one_S = value_P.new_ones(len(self.node_S))
            edge_P = torch.cat([edge_P, torch.full_like(self.node_S, -1)])[order]
            value_P, weight_P = (torch.cat([part, one_S])[order] for part in (value_P, weight_P))
        if weighing.exponent is not None:
            into_N, out_N = self.whole.scales(weighing)
            value_P = value_P * into_N[self.node_S[pattern.row]] * out_N[self.node_S[pattern.column]]
        return SparseMatrix(pattern, value_P * weight_P, edge=edge_P)


def neighbourhood(
    relation: Relation, seeds: Tensor, hops: int, fanout: int, generator: torch.Generator
) -> Neighbourhood:
    """The nodes within `hops` of `seeds` (int64, in any order), at most `fanout` drawn neighbours for each.

    A node with more neighbours is given `fanout` of them with replacement, each of weight count / fanout.
    """
    pattern, n_nodes, device = relation.links.pattern, relation.n_nodes, seeds.device
    frontier = torch.unique(seeds)
    known_N = torch.zeros(n_nodes, dtype=torch.bool, device=device)
    known_N[frontier] = True
    none = seeds.new_empty(0)
    nodes, drawn = [frontier], [(none, none, none.float())]
    for _ in range(hops):
        drawn.append(_drawn(pattern, frontier, fanout, generator))
        reached = torch.unique(pattern.column[drawn[-1][1]].long())
        frontier = reached[~known_N[reached]]
        known_N[frontier] = True
        nodes.append(frontier)
    node_S = torch.cat(nodes).sort().values
    row_P, entry_P, weight_P = (torch.cat(parts) for parts in zip(*drawn, strict=True))
    order = torch.argsort(entry_P, stable=True)
    place_N = torch.full((n_nodes,), -1, dtype=torch.int64, device=device)
    place_N[node_S] = torch.arange(len(node_S), device=device)
    row_P, entry_P, weight_P = place_N[row_P][order], entry_P[order], weight_P[order]
    count = torch.bincount(row_P, minlength=len(node_S))
    local = Pattern(start_of(count), place_N[pattern.column[entry_P].long()], (len(node_S), len(node_S)))
    return Neighbourhood(relation, node_S, local, entry_P, weight_P)


def _drawn(pattern: Pattern, row_R: Tensor, fanout: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Of each row all entries, or `fanout` draws: the rows, the places of the entries, the weights, [P] each."""
    count_R, start_R = pattern.count[row_R], pattern.offsets[row_R]
    taken_R = count_R.clamp(max=fanout)
    at_P = torch.repeat_interleave(taken_R)
    entry_P, count_P = runs(start_R, taken_R, len(at_P)), count_R[at_P]
    many_P = count_P > fanout
    draw_P = (torch.rand(len(at_P), device=at_P.device, generator=generator) * count_P).long().minimum(count_P - 1)
    entry_P = torch.where(many_P, start_R[at_P] + draw_P, entry_P)
    return row_R[at_P], entry_P, torch.where(many_P, count_P / fanout, 1.0)
