"""The layer and the loss: what needs torch, imported when it is built."""

import torch
from torch.nn.functional import embedding

from gnas.graph.normalize import Weighing
from gnas.graph.sparse import SparseMatrix
from gnas.nn.losses.step import Batch, LossValue, StepLoss
from gnas.nn.model import Candidate
from gnas.nn.ops.layer import Layer
from gnas.nn.positives import Positives
from gnas_garden.choices import LazyWalk, SquaredHinge


class LazyWalkLayer(Layer):
    weighing = Weighing(0.0)

    def __init__(self, spec: LazyWalk, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()
        self.stay = spec.stay

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        return self.stay * x_ND + (1 - self.stay) * matrix.matmul(x_ND)


def squared_hinge(loss: SquaredHinge, known: Positives) -> StepLoss:
    drawer = loss.sampling.build(known)

    def step(
        model: Candidate, user_UD: torch.Tensor, item_ID: torch.Tensor, batch: Batch, generator: torch.Generator
    ) -> LossValue:
        u_BD = embedding(batch.users_B, user_UD)

        def score(item_BK: torch.Tensor) -> torch.Tensor:
            return model.scorer.pair(u_BD, embedding(item_BK, item_ID)).float()

        drawn = drawer.each(batch.users_B, batch.items_B, loss.negatives, score, generator)
        against_BK = loss.margin - score(batch.items_B.unsqueeze(1)) + score(drawn.item_BK)
        return LossValue(against_BK.relu().square().mean(), drawn.item_BK)

    return step
