"""Operations over the entries of each row of a pattern, differentiable, with nothing of size [entries, dim]."""

from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import Function
from torch.utils.checkpoint import checkpoint

from gnas.graph.pattern import Pattern

BLOCK_BYTES = 2**29
"""Bound on the messages that exist at a time where a maximum has no kernel of its own."""


def row_sum(pattern: Pattern, value: torch.Tensor) -> torch.Tensor:
    """Sum of the values [E] in each row: [n_rows]; no gradient."""
    return torch.segment_reduce(value, "sum", offsets=pattern.offsets, unsafe=True)


def segment_max(pattern: Pattern, x: torch.Tensor) -> torch.Tensor:
    """The largest x_c over the entries (r, c) of each row, feature by feature; x [n_columns, D]: [n_rows, D].

    Rows without entries get 0. On the CPU by torch's own sparse kernel, elsewhere in blocks of features.
    """
    if x.device.type == "cpu":
        largest: torch.Tensor = torch.sparse.mm(pattern.csr(x.new_ones(pattern.nnz)), x, "amax")
        return largest
    return segment_max_in_blocks(pattern, x)


def segment_max_in_blocks(pattern: Pattern, x: torch.Tensor) -> torch.Tensor:
    """`segment_max` for any device; equal largest values share the gradient."""

    def block(part: torch.Tensor) -> torch.Tensor:
        message = part.index_select(0, pattern.column)
        row = pattern.row.long().unsqueeze(1).expand_as(message)  # with int32 the gradient would be wrong, silently
        empty = part.new_zeros(pattern.shape[0], part.shape[1])
        return empty.scatter_reduce(0, row, message, "amax", include_self=False)

    width = max(BLOCK_BYTES // max(pattern.nnz * x.element_size(), 1), 1)
    blocks = [checkpoint(block, part, use_reentrant=False) for part in torch.split(x, width, dim=1)]
    return torch.cat(blocks, dim=1)


class _EdgeSum(Function):
    @staticmethod
    def forward(ctx: Any, pattern: Pattern, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        ctx.pattern = pattern
        return left.index_select(0, pattern.row).add_(right.index_select(0, pattern.column))

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, torch.Tensor, torch.Tensor]:
        pattern, gradient = ctx.pattern, grads[0].contiguous()
        to_right = row_sum(pattern.transposed, gradient.index_select(0, pattern.to_transposed))
        return None, row_sum(pattern, gradient), to_right


class _SegmentSoftmax(Function):
    @staticmethod
    def forward(ctx: Any, pattern: Pattern, logit: torch.Tensor) -> torch.Tensor:
        top = torch.segment_reduce(logit, "max", offsets=pattern.offsets, unsafe=True)
        top = torch.where(top.isfinite(), top, 0.0)
        share = (logit - top.index_select(0, pattern.row)).exp_()
        total = row_sum(pattern, share).clamp_(min=torch.finfo(share.dtype).tiny)
        share.div_(total.index_select(0, pattern.row))
        ctx.pattern = pattern
        ctx.save_for_backward(share)
        return share

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, torch.Tensor]:
        pattern, (share,), gradient = ctx.pattern, ctx.saved_tensors, grads[0]
        weighted = share * gradient
        mean = row_sum(pattern, weighted)
        return None, weighted.addcmul_(share, mean.index_select(0, pattern.row), value=-1)


edge_sum: Callable[[Pattern, torch.Tensor, torch.Tensor], torch.Tensor] = _EdgeSum.apply
"""left_r + right_c for every entry (r, c) of a pattern; left [n_rows], right [n_columns]: [E]."""
segment_softmax: Callable[[Pattern, torch.Tensor], torch.Tensor] = _SegmentSoftmax.apply
"""Softmax of logits [E] within each row of a pattern; entries at −∞ get 0, also where the whole row is at −∞."""
