"""Additive attention scores: a non-linearity on every edge, feature by feature, in blocks of entries."""

from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import Function
from torch.nn.functional import leaky_relu

from gnas.graph.pattern import Block, Pattern
from gnas.graph.products import multiply

BLOCK_BYTES = {"cpu": 2**21}
"""Size of a block of messages: on the CPU what the cache holds."""
BLOCK_BYTES_ELSEWHERE = 2**27


class _AdditiveScores(Function):
    @staticmethod
    def forward(
        ctx: Any, pattern: Pattern, left: torch.Tensor, right: torch.Tensor, weight: torch.Tensor, slope: float
    ) -> torch.Tensor:
        ctx.pattern, ctx.slope = pattern, slope
        ctx.save_for_backward(left, right, weight)
        score = left.new_empty(pattern.nnz, weight.shape[1])
        for block in pattern.blocks(_block_size(left)):
            message = _sums(pattern, left, right, block)
            torch.mm(leaky_relu(message, slope, inplace=True), weight, out=score[block.first : block.last])
        return score

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, torch.Tensor, torch.Tensor, torch.Tensor, None]:
        pattern, slope, (left, right, weight) = ctx.pattern, ctx.slope, ctx.saved_tensors
        to_weight = torch.zeros_like(weight)
        to_left = _pulled(pattern, left, right, weight, slope, grads[0], to_weight)
        flipped = grads[0].index_select(0, pattern.to_transposed)
        to_right = _pulled(pattern.transposed, right, left, weight, slope, flipped, None)
        return None, to_left, to_right, to_weight, None


def _pulled(
    pattern: Pattern,
    left: torch.Tensor,
    right: torch.Tensor,
    weight: torch.Tensor,
    slope: float,
    gradient: torch.Tensor,
    to_weight: torch.Tensor | None,
) -> torch.Tensor:
    """The gradient of the scores by `left`, given the gradient [E, H] by the scores; adds to that by `weight`."""
    size = _block_size(left)
    ones, place = left.new_ones(size), torch.arange(size, dtype=pattern.start.dtype, device=left.device)
    total = torch.zeros_like(left)
    for block in pattern.blocks(size):
        n = block.last - block.first
        part = gradient[block.first : block.last]
        message = _sums(pattern, left, right, block)
        pulled = torch.ops.aten.leaky_relu_backward(part @ weight.t(), message, slope, False)
        start = pattern.start[block.first_row : block.last_row + 1].clamp(block.first, block.last) - block.first
        sums = Pattern(start, place[:n], (block.last_row - block.first_row, n)).csr(ones[:n])
        total[block.first_row : block.last_row] += multiply(sums, pulled)
        if to_weight is not None:
            to_weight.addmm_(leaky_relu(message, slope, inplace=True).t(), part)
    return total


def _block_size(like: torch.Tensor) -> int:
    """Entries of a block of messages as wide as `like`."""
    return max(BLOCK_BYTES.get(like.device.type, BLOCK_BYTES_ELSEWHERE) // (like.element_size() * like.shape[1]), 1)


def _sums(pattern: Pattern, left: torch.Tensor, right: torch.Tensor, block: Block) -> torch.Tensor:
    message = left.index_select(0, pattern.row[block.first : block.last])
    return message.add_(right.index_select(0, pattern.column[block.first : block.last]))


additive_scores: Callable[[Pattern, torch.Tensor, torch.Tensor, torch.Tensor, float], torch.Tensor] = (
    _AdditiveScores.apply
)
"""leaky_relu(left_r + right_c) · weight for every entry (r, c) of a pattern, differentiable in all three: [E, H].

The last argument is the slope of leaky_relu. Messages exist a block at a time, in the gradient too, which runs over
the rows of the pattern for `left` and over those of its transpose for `right`, so that every sum is over consecutive
entries.

Shapes: left [n_rows, D], right [n_columns, D], weight [D, H].
"""
