"""How the outputs of the layers 0..depth become one embedding.

Layers may come one by one: sums take each as it comes and let it go, the other combinations need all at once.
"""

from collections.abc import Iterable

import torch
from torch import nn

from gnas.config.named import COMBINES
from gnas.config.propagation import Layered
from gnas.nn.init import xavier, zeros


class Weighted(nn.Module):
    """Σ_l w_l x_l with fixed weights; `weights` [L + 1]."""

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, layers: Iterable[torch.Tensor]) -> torch.Tensor:
        """From L + 1 times [N, D] to [N, D]."""
        total: torch.Tensor | None = None
        is_own = False  # or a layer itself, which is not to be changed
        for weight, x in zip(self.weights, layers, strict=True):
            if not weight:
                continue
            if total is None:
                total, is_own = (x, False) if weight == 1 else (x * weight, True)
            elif is_own and not torch.is_grad_enabled():
                total.add_(x, alpha=weight)
            else:
                total, is_own = torch.add(total, x, alpha=weight), True
        return torch.zeros_like(x) if total is None else total


class Concat(nn.Module):
    """[w_0 x_0, x_1, …, x_L], without x_0 where w_0 is 0."""

    def __init__(self, spec: Layered, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()
        self.layer0 = spec.layer0

    def forward(self, layers: Iterable[torch.Tensor]) -> torch.Tensor:
        """From L + 1 times [N, D] to [N, D·(L + 1)], or [N, D·L]."""
        first, *others = layers
        return torch.cat([*([first * self.layer0] if self.layer0 else []), *others], dim=1)


class Crossed(nn.Module):
    """[x_0, x_1, …, x_L]; a candidate turns the layers of items round."""

    def __init__(self, _spec: Layered, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()

    def forward(self, layers: Iterable[torch.Tensor]) -> torch.Tensor:
        """From L + 1 times [N, D] to [N, D·(L + 1)]."""
        return torch.cat(list(layers), dim=1)


class Learned(nn.Module):
    """Σ_l softmax(w)_l x_l with learned w, zero at the start."""

    def __init__(self, spec: Layered, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()
        self.weight = zeros(spec.depth + 1)

    def forward(self, layers: Iterable[torch.Tensor]) -> torch.Tensor:
        """From L + 1 times [N, D] to [N, D]."""
        return _shared(self.weight.softmax(0), layers)


class Attention(nn.Module):
    """Each node weighs its own layers: Σ_l a_l x_l with a = softmax_l(q · tanh(W x_l + b))."""

    def __init__(self, _spec: Layered, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = xavier(dim, dim, generator=generator)
        self.bias = zeros(dim)
        self.query = xavier(1, dim, generator=generator)

    def forward(self, layers: Iterable[torch.Tensor]) -> torch.Tensor:
        """From L + 1 times [N, D] to [N, D]."""
        layers = list(layers)
        logits = [torch.tanh(nn.functional.linear(x, self.weight, self.bias)) @ self.query.t() for x in layers]
        return _shared(torch.cat(logits, dim=1).softmax(1).t()[:, :, None], layers)


def _shared(shares: torch.Tensor, layers: Iterable[torch.Tensor]) -> torch.Tensor:
    """Σ_l s_l x_l with `shares` [L + 1] or [L + 1, N, 1]: [N, D]."""
    total: torch.Tensor | None = None
    for share, x in zip(shares, layers, strict=True):
        if total is None:
            total = x * share
        elif torch.is_grad_enabled():
            total = torch.addcmul(total, x, share)
        else:
            total.addcmul_(x, share)
    assert total is not None
    return total


def last(spec: Layered, _dim: int, _generator: torch.Generator) -> Weighted:
    """The last layer alone."""
    return Weighted([0.0] * spec.depth + [1.0])


def summed(spec: Layered, _dim: int, _generator: torch.Generator) -> Weighted:
    """All layers added up."""
    return Weighted([spec.layer0] + [1.0] * spec.depth)


def mean(spec: Layered, _dim: int, _generator: torch.Generator) -> Weighted:
    """The weighted mean of all layers."""
    total = spec.layer0 + spec.depth
    return Weighted([spec.layer0 / total] + [1 / total] * spec.depth)


def build_combine(spec: Layered, dim: int, generator: torch.Generator) -> nn.Module:
    """The combination of `spec`; its fixed layer weights, where it has any, come first."""
    if (weights := spec.fixed_weights()) is not None:
        return Weighted(weights)
    combine: nn.Module = COMBINES[spec.combine].build(spec, dim, generator)
    return combine
