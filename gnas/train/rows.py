"""The embeddings of a training on samples: where they lie, and how the rows of a step change.

Shapes: N nodes, D dim, S rows of a step, C rows of the cache; in lower case, a part of them.
"""

import math

import torch
from torch import Tensor

from gnas.nn.model import Candidate

BETAS = 0.9, 0.999
EPS = 1e-8
"""Of Adam, as in torch."""


class Rows:
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

    def write_back(self) -> None:
        """The table is itself up to date."""


class SplitRows:
    """A table [N, D] in host memory, of which the rows `cached_C` (int64) lie on their device too, and change there.

    All other rows change in host memory: `gather` copies them to the device, and their gradients come back. Both parts
    have the Adam of `Rows` and count the same steps, so that results are those of one table. Until `write_back` the
    cached rows in host memory are out of date.
    """

    def __init__(self, table_ND: Tensor, cached_C: Tensor, lr: float, decay: float) -> None:
        device = cached_C.device
        self.cached_C = cached_C.to(table_ND.device)
        self.host = Rows(table_ND, lr, decay)
        self.cache = Rows(table_ND.index_select(0, self.cached_C).to(device), lr, decay)
        self.place_N = torch.full((len(table_ND),), -1, dtype=torch.int64, device=device)
        self.place_N.index_copy_(0, cached_C, torch.arange(len(cached_C), device=device))

    def gather(self, row_S: Tensor) -> Tensor:
        """The rows `row_S` (int64 on the device, each once): a copy on the device [S, D]."""
        near_s, place_s, far_s, row_s = self._split(row_S)
        there_sD = _staging(len(row_s), self.host.table_ND, row_S.device)
        torch.index_select(self.host.table_ND, 0, row_s, out=there_sD)
        x_SD = self.cache.table_ND.new_empty(len(row_S), there_sD.shape[1])
        x_SD.index_copy_(0, far_s, there_sD.to(row_S.device, non_blocking=True))
        return x_SD.index_copy_(0, near_s, self.cache.gather(place_s))

    def update(self, row_S: Tensor, gradient_SD: Tensor) -> None:
        """Take a step on the rows `row_S`, each once, whose gradients lie on the device."""
        near_s, place_s, far_s, row_s = self._split(row_S)
        there_sD = _staging(len(row_s), self.host.table_ND, row_S.device)
        there_sD.copy_(gradient_SD.index_select(0, far_s))
        self.cache.update(place_s, gradient_SD.index_select(0, near_s))  # a GPU does it while the host does the other
        self.host.update(row_s, there_sD)

    def write_back(self) -> None:
        """Copy the cached rows over those in host memory."""
        self.host.table_ND.index_copy_(0, self.cached_C, self.cache.table_ND.to(self.cached_C.device))

    def _split(self, row_S: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Which of the rows are cached and where; which are not, and their numbers in host memory."""
        place_S = self.place_N.index_select(0, row_S)
        near_s, far_s = (torch.nonzero(there_S).flatten() for there_S in (place_S >= 0, place_S < 0))
        return near_s, place_S[near_s], far_s, row_S[far_s].to(self.cached_C.device)


def split_rows(model: Candidate, n_cached: int, lr: float, decay: float) -> SplitRows:
    """Move the embeddings of `model` to host memory, with those of `n_cached` nodes on the graph's device.

    These are the nodes of the highest degree, which stand in most neighbourhoods; the choice is made once (Lin et al.,
    PaGraph, SoCC 2020).
    """
    model.embedding.data = model.embedding.data.cpu()
    order_N = torch.argsort(model.graph.degree_N, descending=True, stable=True)
    return SplitRows(model.embedding.data, order_N[:n_cached].sort().values, lr, decay)


def _staging(n_rows: int, like: Tensor, device: torch.device) -> Tensor:
    """Room for rows on their way between the host and `device`, in memory that a GPU copies from and to directly.

    Only these few rows lie in pinned memory: torch rounds each piece of it up to a power of two, which for a whole
    table could be as much again, and no system pages it out. torch keeps the pieces for the next step, and gives none
    away while a copy goes on.
    """
    return torch.empty(n_rows, like.shape[1], dtype=like.dtype, pin_memory=device.type == "cuda")
