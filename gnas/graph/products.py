"""The two products with a sparse matrix, differentiable: sparse times dense, and dense times dense at the entries.

Gradients are products of the same kind, on the cached transpose. Nothing of size [entries, dim] is ever made.
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import Function

from gnas.graph.pattern import Pattern

WIDE = 64
"""From this many columns on, torch's own CPU kernel is as fast as MKL's or faster."""

with warnings.catch_warnings():  # said once per process, on the first CSR tensor: "support is in beta state"
    warnings.simplefilter("ignore")
    torch.sparse_csr_tensor(torch.tensor([0, 1]), torch.tensor([0]), torch.tensor([1.0]), (1, 1))


def multiply(csr: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The bare kernel of sparse times dense, without gradients."""
    if x.device.type == "cpu" and x.shape[1] >= WIDE:
        total: torch.Tensor = torch.sparse.mm(csr, x, "sum")
        return total
    return csr @ x


class _SparseDense(Function):
    @staticmethod
    def forward(ctx: Any, pattern: Pattern, value: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        ctx.pattern = pattern
        ctx.save_for_backward(value, x if ctx.needs_input_grad[1] else None)
        return multiply(pattern.csr(value), x)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, torch.Tensor | None, torch.Tensor | None]:
        pattern, (value, x), gradient = ctx.pattern, ctx.saved_tensors, grads[0].contiguous()
        value_gradient = sampled_dot(pattern, gradient, x) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[2]:
            return None, value_gradient, None
        x_gradient = sparse_dense(pattern.transposed, value.index_select(0, pattern.to_transposed), gradient)
        return None, value_gradient, x_gradient


class _SampledDot(Function):
    @staticmethod
    def forward(ctx: Any, pattern: Pattern, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        ctx.pattern = pattern
        ctx.save_for_backward(left, right)
        empty = pattern.csr(left.new_zeros(pattern.nnz))
        sampled: torch.Tensor = torch.sparse.sampled_addmm(empty, left, right.t(), beta=0.0).values()
        return sampled

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, torch.Tensor | None, torch.Tensor | None]:
        pattern, (left, right), gradient = ctx.pattern, ctx.saved_tensors, grads[0].contiguous()
        to_left = sparse_dense(pattern, gradient, right) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[2]:
            return None, to_left, None
        return None, to_left, sparse_dense(pattern.transposed, gradient.index_select(0, pattern.to_transposed), left)


sparse_dense: Callable[[Pattern, torch.Tensor, torch.Tensor], torch.Tensor] = _SparseDense.apply
"""S x for S with values [E] at the entries of a pattern [M, N] and x [N, D]: [M, D]. Differentiable in both."""
sampled_dot: Callable[[Pattern, torch.Tensor, torch.Tensor], torch.Tensor] = _SampledDot.apply
"""left_r · right_c for every entry (r, c) of a pattern [M, N]; left [M, D], right [N, D]: [E] in CSR order."""
