"""Functions of a sparse matrix's spectrum, for matrices too large to take apart.

h(YᵀY) = Σ_k v_k (h − p)(σ_k²) v_kᵀ + p(YᵀY): exact in the K leading directions, and a polynomial p in the rest, where
the eigenvalues lie between 0 and σ_K². On so short a range a low degree does: h is interpolated at Chebyshev nodes. The
first product with YᵀY meets sparse rows and costs a quarter of the others.

Shapes: U users, I items, B rows, b rows of a block, K leading directions, S probes.
"""

import math
from collections.abc import Callable

import numpy as np
import torch

from gnas.graph.factors import truncated_svd
from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_of, dense_product, product
from gnas.rng import torch_rng

Function = Callable[[np.ndarray], np.ndarray]
"""Of eigenvalues of YᵀY, float64."""
BLOCK = 256
"""Rows multiplied at once where they are dense."""
PROBES = 64
LOSS = 1e3
"""Most that p grows to at the largest eigenvalue: more would drown the leading directions in rounding errors."""
CHECKED = 200
"""Places at which the error of p is looked for."""


class Deflated:
    """h(YᵀY), to be applied to rows.

    Args:
        y: Y [U, I].
        h: the function.
        leading: K.
        degree: of p at most.
        tolerance: the lowest degree is taken with which p misses h by at most this share of h's largest value.
    """

    def __init__(self, y: SparseMatrix, h: Function, leading: int, degree: int, tolerance: float = 0.0) -> None:
        self.y = y
        factors = truncated_svd(y, min(leading, *y.shape))
        self.item_IK = factors.item_IK
        square_K = factors.singular_K.double().cpu().numpy() ** 2
        ceiling = tolerance * float(np.abs(h(square_K)).max(initial=0.0))
        for of_degree in range(1, degree + 1):
            self.end = max(float(square_K[-1]), float(square_K[0]) * LOSS ** (-1 / of_degree), 1e-9)
            self.power_J, self.error = interpolated(h, self.end, of_degree, at_zero=float(square_K[-1]) <= 0)
            if self.error <= ceiling:
                break
        gain_K = h(square_K) - np.polynomial.polynomial.polyval(square_K / self.end, self.power_J)
        self.gain_K = torch.from_numpy(gain_K).to(self.item_IK)
        self._gain_KI = (self.item_IK * self.gain_K).t().contiguous()

    @property
    def degree(self) -> int:
        """Of p."""
        return len(self.power_J) - 1

    def __call__(self, row_BI: torch.Tensor) -> torch.Tensor:
        """The product of rows, a sparse CSR tensor [B, I], with h(YᵀY): float32 [B, I]."""
        once_BI = dense_product(product(row_BI, self.y.transposed.csr), self.y.csr)
        total_BI = self._horner(once_BI) if self.degree > 1 else once_BI.mul_(float(self.power_J[1]) / self.end)
        if self.power_J[0]:
            total_BI.add_(dense_of(row_BI), alpha=float(self.power_J[0]))
        return total_BI.addmm_(multiply(row_BI, self.item_IK), self._gain_KI)

    def _horner(self, once_BI: torch.Tensor) -> torch.Tensor:
        """Σ_j≥1 of p's powers, `once_BI` being the rows times YᵀY."""
        for once_bI in torch.split(once_BI, BLOCK):
            once_Ib = once_bI.t().contiguous()
            total_Ib = once_Ib * float(self.power_J[-1])
            for weight in self.power_J[-2:0:-1]:
                total_Ib = self._normal(total_Ib).div_(self.end).add_(once_Ib, alpha=float(weight))
            once_bI.copy_(total_Ib.t())
        return once_BI.div_(self.end)

    def diagonal(self) -> torch.Tensor:
        """The diagonal of h(YᵀY) [I]: exact up to first order, the powers of what is left of YᵀY by random probes."""
        y, device = self.y, self.y.device
        square_IK, value_K = self.item_IK.square(), self._on_leading()
        own_I = torch.zeros(y.shape[1], device=device)
        own_I.index_add_(0, y.pattern.column.long(), y.value.square())
        rest_I = (own_I / self.end - square_IK @ (value_K / self.end)).clamp_(min=0)
        total_I = square_IK @ (self.gain_K + self._polynomial(value_K / self.end))
        total_I += float(self.power_J[0]) * (1 - square_IK.sum(1)) + float(self.power_J[1]) * rest_I
        if self.degree < 2:
            return total_I
        drawn_IS = torch.randint(2, (y.shape[1], PROBES), generator=torch_rng("cpu", 0, "probes")) * 2.0 - 1
        images = [self._without_leading(drawn_IS.to(device))]
        for power in range(2, self.degree + 1):
            while len(images) <= (power + 1) // 2:
                images.append(self._without_leading(self._normal(images[-1]).div_(self.end)))
            estimate_I = (images[power // 2] * images[power - power // 2]).mean(1)
            total_I += float(self.power_J[power]) * estimate_I
        return total_I

    def _on_leading(self) -> torch.Tensor:
        """σ_k² [K], as the leading directions have them."""
        return multiply(self.y.csr, self.item_IK).square().sum(0)

    def _polynomial(self, value_K: torch.Tensor) -> torch.Tensor:
        total_K = torch.zeros_like(value_K)
        for weight in self.power_J[::-1]:
            total_K = total_K * value_K + float(weight)
        return total_K

    def _without_leading(self, x_IS: torch.Tensor) -> torch.Tensor:
        return x_IS - self.item_IK @ (self.item_IK.t() @ x_IS)

    def _normal(self, x_Ib: torch.Tensor) -> torch.Tensor:
        return multiply(self.y.transposed.csr, multiply(self.y.csr, x_Ib))


def interpolated(h: Function, end: float, degree: int, *, at_zero: bool = False) -> tuple[np.ndarray, float]:
    """The polynomial through h at the Chebyshev nodes of 0 … end, and the largest difference from h there.

    With `at_zero` 0 stands in place of a node: nothing else is left. Its coefficients are those of the powers of
    x / end, the lowest first.
    """
    n_nodes = degree if at_zero else degree + 1
    node = (np.cos(math.pi * (np.arange(n_nodes) + 0.5) / n_nodes) + 1) / 2
    node = np.concatenate([[0.0], node]) if at_zero else node
    power_J = np.linalg.solve(np.vander(node, increasing=True), h(node * end))
    place = np.linspace(0, 1, CHECKED)
    return power_J, float(np.abs(h(place * end) - np.polynomial.polynomial.polyval(place, power_J)).max())
