"""Projects each block of features to an embedding, and makes one embedding of all.

Shapes: n rows of a side, M blocks, d numbers a block, D dim, H hidden, N nodes (users, then items).
"""

import math

import torch
from torch import nn

from gnas.config.features import Features
from gnas.config.named import FUSIONS
from gnas.features.blocks import Block, FeatureSet
from gnas.nn.init import normal, zeros


class FeatureFusion(nn.Module):
    """The features' part of the embeddings of all nodes.

    Args:
        spec: which fusion, and the dropout of readings.
        features: the blocks of both sides; the nodes of a side without any get zeros.
        dim: D.
        n_users: rows of the users' side.
        n_items: rows of the items' side.
        generator: source of all starting values, which have standard deviation `std` in the output.
        std: spread of the output at the start.
    """

    def __init__(
        self,
        spec: Features,
        features: FeatureSet,
        dim: int,
        n_users: int,
        n_items: int,
        generator: torch.Generator,
        std: float = 0.1,
    ) -> None:
        super().__init__()
        users, items = (list(s.values()) if spec.fuses else [] for s in (features.users, features.items))
        self.users = SideFusion(spec, users, n_users, dim, generator, std)
        self.items = SideFusion(spec, items, n_items, dim, generator, std)

    @property
    def reads(self) -> bool:
        """Whether anything is projected at all."""
        return len(self.users.projections) + len(self.items.projections) > 0

    def forward(self, generator: torch.Generator | None = None) -> torch.Tensor:
        """The contribution to every node: float32 [N, D]. Readings are dropped while training, by `generator`."""
        return torch.cat([self.users(generator), self.items(generator)])


class SideFusion(nn.Module):
    """The features of the users, or of the items: projections P_m, then a fusion.

    h_m = P_m(z_m), or the learned vector of block m where its reading is missing or dropped.
    """

    none_D: torch.Tensor

    def __init__(
        self, spec: Features, blocks: list[Block], n: int, dim: int, generator: torch.Generator, std: float
    ) -> None:
        super().__init__()
        self.n, self.dropout = n, spec.modality_dropout
        self.projections = nn.ModuleList(Projection(b, dim, spec.hidden, generator, std) for b in blocks)
        self.fused: nn.Module | None = FUSIONS[spec.fusion].build(len(blocks), dim, generator) if blocks else None
        self.register_buffer("none_D", torch.zeros(dim), persistent=False)

    def forward(self, generator: torch.Generator | None) -> torch.Tensor:
        """The contribution to each row, zero where nothing is read: [n, D]."""
        if self.fused is None:
            return self.none_D.expand(self.n, -1)
        rate = self.dropout if self.training else 0.0
        h_nMD = torch.stack([projection(rate, generator) for projection in self.projections], dim=1)
        out_nD: torch.Tensor = self.fused(h_nMD)
        return out_nD


class Summed(nn.Module):
    """Σ h_m / √M."""

    def __init__(self, _m: int, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()

    def forward(self, h_nMD: torch.Tensor) -> torch.Tensor:
        """From [n, M, D] to [n, D]."""
        return h_nMD.sum(1) / math.sqrt(h_nMD.shape[1])


class Joined(nn.Module):
    """W [h_1; …; h_M]."""

    def __init__(self, m: int, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.mix_DMD = normal(dim, m * dim, std=math.sqrt(1 / (m * dim)), generator=generator)

    def forward(self, h_nMD: torch.Tensor) -> torch.Tensor:
        """From [n, M, D] to [n, D]."""
        return h_nMD.flatten(1) @ self.mix_DMD.T


class Gated(nn.Module):
    """Σ 2σ(G_m h_m + g_m) ∘ h_m / √M: every number gated by its own block (cf. Arevalo et al., 2017)."""

    def __init__(self, m: int, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.gate_MDD = normal(m, dim, dim, std=1 / math.sqrt(dim), generator=generator)
        self.bias_MD = zeros(m, dim)

    def forward(self, h_nMD: torch.Tensor) -> torch.Tensor:
        """From [n, M, D] to [n, D]."""
        gates_nMD = torch.einsum("nmd,mde->nme", h_nMD, self.gate_MDD) + self.bias_MD
        return (2 * gates_nMD.sigmoid() * h_nMD).sum(1) / math.sqrt(h_nMD.shape[1])


class Attended(nn.Module):
    """√M · Σ a_m h_m with a = softmax_m(qᵀ tanh(A h_m)) (cf. Wang et al., "HAN", WWW 2019)."""

    def __init__(self, _m: int, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.key_DD = normal(dim, dim, std=1 / math.sqrt(dim), generator=generator)
        self.query_D = normal(dim, std=1 / math.sqrt(dim), generator=generator)

    def forward(self, h_nMD: torch.Tensor) -> torch.Tensor:
        """From [n, M, D] to [n, D]."""
        weights_nM = ((h_nMD @ self.key_DD).tanh() @ self.query_D).softmax(1)
        return math.sqrt(h_nMD.shape[1]) * (weights_nM[..., None] * h_nMD).sum(1)


class Projection(nn.Module):
    """h = W z, or W₂ gelu(W₁ z + b) with hidden units; a learned vector, zero at the start, where z is missing.

    Rows of z have squares that sum to 1 on average, so that W with entries N(0, std²) makes entries of spread std.
    """

    values_nd: torch.Tensor
    present_n1: torch.Tensor

    def __init__(self, block: Block, dim: int, hidden: int, generator: torch.Generator, std: float) -> None:
        super().__init__()
        self.register_buffer("values_nd", torch.from_numpy(block.values), persistent=False)
        self.register_buffer("present_n1", torch.from_numpy(block.present)[:, None], persistent=False)
        self.hidden = hidden
        if hidden:
            self.first_Hd = normal(hidden, block.dim, std=1.0, generator=generator)
            self.bias_H = zeros(hidden)
            std *= math.sqrt(2 / hidden)
        self.last_DH = normal(dim, hidden or block.dim, std=std, generator=generator)
        self.missing_D = zeros(dim)

    def forward(self, rate: float, generator: torch.Generator | None) -> torch.Tensor:
        """Project all rows; a share `rate` of them is treated as missing: [n, D]."""
        h_nH = self.values_nd
        if self.hidden:
            h_nH = nn.functional.gelu(h_nH @ self.first_Hd.T + self.bias_H)
        h_nD = h_nH @ self.last_DH.T
        known_n1 = self.present_n1
        if rate:
            kept = torch.empty(known_n1.shape, device=known_n1.device).bernoulli_(1 - rate, generator=generator)
            known_n1 = known_n1 & kept.bool()
        return torch.where(known_n1, h_nD, self.missing_D)
