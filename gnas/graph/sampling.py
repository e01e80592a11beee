"""Neighbourhoods of some nodes, drawn at random: what a training step needs of a graph that is too large for it.

Hamilton et al., GraphSAGE, NeurIPS 2017, with draws that keep sums over neighbours right on average.
Shapes: N nodes of the graph, S sampled ones, R rows that are looked at, E entries, P drawn ones.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gnas.graph.bipartite import Graph
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.sparse import SparseMatrix


@dataclass(frozen=True)
class Neighbourhood:
    """The nodes within some hops of the seeds, and drawn entries of the graph's plain pattern between them.

    `node_S` int64 [S], rising, so that users stand before items as in the graph. `pattern` [S, S] holds the drawn
    entries, `entry_P` their places in the graph's pattern and `weight_P` how many entries of its row each stands for.
    A row whose entries are all there has weights 1; nodes of the last hop have no entries.
    """

    node_S: Tensor
    pattern: Pattern
    entry_P: Tensor
    weight_P: Tensor

    def matrix(self, full: SparseMatrix, graph: Graph) -> SparseMatrix:
        """The drawn part of an adjacency matrix of the graph; with its self loops, where it has them.

        Dropout treats every drawn entry by itself.
        """
        edge_P = torch.arange(self.pattern.nnz, device=full.device)
        plain = graph.adjacency(None).pattern
        if full.nnz == plain.nnz:
            return SparseMatrix(self.pattern, full.value[self.entry_P] * self.weight_P, edge=edge_P)
        row_P, column_P = self.pattern.row.long(), self.pattern.column.long()
        global_P, neighbour_P = self.node_S[row_P], self.node_S[column_P]
        value_P = full.value[self.entry_P + global_P + (neighbour_P > global_P)] * self.weight_P  # past the loops
        start_S, end_S = plain.offsets[self.node_S], plain.offsets[self.node_S + 1]
        is_user_S = self.node_S < graph.n_users  # users stand before their neighbours, items behind theirs
        loop_S = torch.where(is_user_S, start_S, end_S) + self.node_S
        node = torch.arange(len(self.node_S), device=row_P.device)
        row, column = torch.cat([row_P, node]), torch.cat([column_P, node])
        order = torch.argsort(row * len(node) + column)
        edge = torch.cat([edge_P, torch.full_like(node, -1)])[order]
        value = torch.cat([value_P, full.value[loop_S]])[order]
        looped = Pattern(start_of(self.pattern.count + 1), column[order], self.pattern.shape)
        return SparseMatrix(looped, value, edge=edge)


def neighbourhood(graph: Graph, seeds: Tensor, hops: int, fanout: int, generator: torch.Generator) -> Neighbourhood:
    """The nodes within `hops` of `seeds` (int64, in any order), at most `fanout` drawn neighbours for each.

    A node with more neighbours is given `fanout` of them with replacement, each of weight count / fanout.
    """
    pattern = graph.adjacency(None).pattern
    frontier = torch.unique(seeds)
    known_N = torch.zeros(graph.n_nodes, dtype=torch.bool, device=graph.device)
    known_N[frontier] = True
    nodes, rows, entries, weights = [frontier], [], [], []
    for _ in range(hops):
        row_P, entry_P, weight_P = _drawn(pattern, frontier, fanout, generator)
        rows.append(row_P)
        entries.append(entry_P)
        weights.append(weight_P)
        reached = torch.unique(pattern.column[entry_P].long())
        frontier = reached[~known_N[reached]]
        known_N[frontier] = True
        nodes.append(frontier)
    node_S = torch.cat(nodes).sort().values
    entry_P = torch.cat(entries) if entries else seeds.new_empty(0)
    order = torch.argsort(entry_P, stable=True)
    place_N = torch.full((graph.n_nodes,), -1, dtype=torch.int64, device=graph.device)
    place_N[node_S] = torch.arange(len(node_S), device=graph.device)
    row_P = place_N[torch.cat(rows)][order] if rows else entry_P
    entry_P = entry_P[order]
    count = torch.bincount(row_P, minlength=len(node_S))
    local = Pattern(start_of(count), place_N[pattern.column[entry_P].long()], (len(node_S), len(node_S)))
    weight_P = torch.cat(weights)[order] if weights else torch.empty(0, device=graph.device)
    return Neighbourhood(node_S, local, entry_P, weight_P)


def _drawn(pattern: Pattern, row_R: Tensor, fanout: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Of each row all entries, or `fanout` draws: the rows, the places of the entries, the weights, [P] each."""
    count_R = pattern.count[row_R]
    taken_R = count_R.clamp(max=fanout)
    at_P = torch.repeat_interleave(taken_R)
    place_P = torch.arange(len(at_P), device=at_P.device) - (taken_R.cumsum(0) - taken_R)[at_P]
    count_P = count_R[at_P]
    many_P = count_P > fanout
    draw_P = (torch.rand(len(at_P), device=at_P.device, generator=generator) * count_P).long().minimum(count_P - 1)
    entry_P = pattern.offsets[row_R][at_P] + torch.where(many_P, draw_P, place_P)
    return row_R[at_P], entry_P, torch.where(many_P, count_P / fanout, 1.0)
