"""The scores of a closed form, which a trained candidate corrects."""

import torch
from torch import nn

from gnas.config.propagation import Propagation
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph

MAX_CELLS = 2**27
"""Scores that are held, all users times all items: 512 MiB."""
BLOCK = 1024
"""Users scored at a time."""


class Prior(nn.Module):
    """c · o with o the scores of a closed form, held as one matrix [U, I], and c a learned weight, 1 at the start.

    Raises:
        TrialFailed: there are too many users and items to hold the scores.
    """

    def __init__(self, spec: Propagation, graph: Graph) -> None:
        super().__init__()
        if graph.n_users * graph.n_items > MAX_CELLS:
            raise TrialFailed(
                f"a prior holds the scores of all {graph.n_users:,} users for all {graph.n_items:,} items, more than "
                f"{MAX_CELLS:,}; take prior none"
            )
        self.weight = nn.Parameter(torch.ones(()))
        solved, users = spec.build(graph), torch.arange(graph.n_users, device=graph.device)
        self.score_UI = torch.cat([solved.score(part).float() for part in torch.split(users, BLOCK)])
        self.square_I = self.score_UI.square().sum(0)
        pattern = graph.user_item.pattern
        self.score_E = self.score_UI[pattern.row, pattern.column.long()]

    def edges(self) -> torch.Tensor:
        """The weighed scores of the interactions, in the graph's order: [E]."""
        return self.weight * self.score_E

    def added(self, score_BI: torch.Tensor, users_B: torch.Tensor) -> torch.Tensor:
        """The scores of a correction, and the prior's."""
        return torch.addcmul(score_BI, self.weight, self.score_UI[users_B])

    def square_sum(self, user_UD: torch.Tensor, item_ID: torch.Tensor, weight_I: torch.Tensor | None) -> torch.Tensor:
        """Σ over all pairs w_i ((c·o + s)² − s²), s = u · i, with the products of o and the items' vectors."""
        weighted_ID = item_ID if weight_I is None else item_ID * weight_I.unsqueeze(1)
        own = self.square_I.sum() if weight_I is None else self.square_I @ weight_I
        crossed = (user_UD * (self.score_UI @ weighted_ID)).sum()
        return self.weight.square() * own + 2 * self.weight * crossed
