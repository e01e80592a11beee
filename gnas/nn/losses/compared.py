"""The positives of a step beside items that are the same for all users."""

import torch
from torch import Tensor
from torch.nn.functional import embedding, normalize

from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate
from gnas.nn.positives import Positives

MAX_COLUMNS = 2048
"""Most items, or nodes, of a batch that are compared with each other; a larger batch gives a sample."""


class Compared:
    """The positives of a step against items given once for all users, a row for each user that differs.

    Where the batch holds every interaction, a row stands for a user and `row_B` for the pairs' users; else a row is a
    pair and `row_B` None. With `cosine`, scores are those of unit vectors; a learned scorer keeps its own, which
    nothing else would train, brought into −1…1.
    """

    def __init__(
        self, model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, known: Positives, cosine: bool
    ) -> None:
        self.model, self.batch, self.positives = model, batch, known
        self.learned = any(True for _ in model.scorer.parameters())
        self.squash = cosine and self.learned
        self.unit = cosine and not self.learned
        self.width = 16 if self.learned else 1
        every = batch.full or len(batch.users_B) > len(user_UD)
        self.row_B = batch.users_B if every else None
        self.users_R = torch.arange(len(user_UD), device=user_UD.device) if every else batch.users_B
        self.n_known = known.taken.nnz if every else batch.n_known
        self.n_rows = len(self.users_R)
        self.user_UD, self.item_ID = user_UD, item_ID
        self.u_RD = self._scaled(user_UD if every else embedding(batch.users_B, user_UD))

    def positive(self) -> Tensor:
        """Scores of the positives [B]."""
        batch = self.batch
        if batch.full and self.unit:
            pairs = self.model.graph.user_item
            return pairs.sampled_dot(self.u_RD, self._scaled(self.item_ID))
        if batch.full:
            return self._squashed(self.model.edge_scores(self.user_UD, self.item_ID))
        u_BD = self.u_RD if self.row_B is None else embedding(batch.users_B, self.u_RD)
        i_BD = self._scaled(embedding(batch.items_B, self.item_ID))
        if self.unit:
            return (u_BD * i_BD).sum(1)
        return self._squashed(self.model.scorer.pair(u_BD, i_BD.unsqueeze(1))[:, 0].float())

    def against(self, item_K: Tensor) -> Tensor:
        """Scores of every row with every item [R, K]."""
        i_KD = self._scaled(embedding(item_K, self.item_ID))
        score_RK = self.u_RD @ i_KD.t() if self.unit else self._squashed(self.model.scorer.all(self.u_RD, i_KD))
        return score_RK.float()

    def known(self, item_K: Tensor) -> Tensor:
        """Which of the items each row's user knows: bool [R, K]."""
        return self.positives.taken.mask(self.users_R, item_K, self.n_known)

    def _scaled(self, x_ND: Tensor) -> Tensor:
        return normalize(x_ND, dim=1) if self.unit else x_ND

    def _squashed(self, score: Tensor) -> Tensor:
        return score.tanh() if self.squash else score


def some(batch: Batch, value_B: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """At most n elements of a column of the batch, which is in random order unless it is full."""
    if len(value_B) <= n:
        return value_B
    if not batch.full:
        return value_B[:n]
    return value_B[torch.randint(len(value_B), (n,), device=value_B.device, generator=generator)]
