"""Where the embeddings of a training on samples lie, and how the rows of a step change.

Shapes: N nodes, D dim, S rows of a step.
"""

import math

import torch
from torch import Tensor

BETAS = 0.9, 0.999
EPS = 1e-8
"""Of Adam, as in torch."""


class Table:
    """A table [N, D] of embeddings and its row-wise Adam, the "lazy" one: a step leaves all other rows as they are.

    For the rows of a step the update is that of `torch.optim.AdamW` (Loshchilov and Hutter, ICLR 2019), decay included;
    with decay 0 that of Adam. Steps are counted for the table, not for each row.
    """

    def __init__(self, table_ND: Tensor, lr: float, decay: float) -> None:
        self.table_ND, self.lr, self.decay = table_ND, lr, decay
        self.first_ND, self.second_ND = torch.zeros_like(table_ND), torch.zeros_like(table_ND)
        self.n_steps = 0

    def gather(self, row_S: Tensor) -> Tensor:
        """The rows `row_S` (int64, each once): a copy [S, D]."""
        return self.table_ND.index_select(0, row_S)

    def update(self, row_S: Tensor, gradient_SD: Tensor) -> None:
        """Take a step on the rows `row_S`, each once; without rows it is a step as well."""
        self.n_steps += 1
        low, high = (1 - beta**self.n_steps for beta in BETAS)  # what the moments lack, being zero at the start
        first_SD = self.first_ND.index_select(0, row_S).lerp_(gradient_SD, 1 - BETAS[0])
        second_SD = self.second_ND.index_select(0, row_S).mul_(BETAS[1])
        second_SD.addcmul_(gradient_SD, gradient_SD, value=1 - BETAS[1])
        self.first_ND.index_copy_(0, row_S, first_SD)
        self.second_ND.index_copy_(0, row_S, second_SD)
        size_SD = second_SD.sqrt_().div_(math.sqrt(high)).add_(EPS)
        x_SD = self.gather(row_S).mul_(1 - self.lr * self.decay).addcdiv_(first_SD, size_SD, value=-self.lr / low)
        self.table_ND.index_copy_(0, row_S, x_SD)
