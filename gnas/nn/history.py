"""What closed forms multiply: a normalised interaction matrix, and the rows of the users to be scored.

Shapes: U users, I items, B users of a batch, E interactions.
"""

import torch

from gnas.graph.bipartite import Graph
from gnas.graph.normalize import power
from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_of


def scaled(graph: Graph, user_norm: float, item_norm: float) -> SparseMatrix:
    """D_U^-user_norm R D_I^-item_norm [U, I]."""
    pattern = graph.user_item.pattern
    user_U, item_I = graph.degree_N[: graph.n_users], graph.degree_N[graph.n_users :]
    value_E = power(user_U, -user_norm)[pattern.row] * power(item_I, -item_norm)[pattern.column]
    return SparseMatrix(pattern, value_E)


def item_power(graph: Graph, exponent: float) -> torch.Tensor:
    """Item degrees to the power `exponent`, 0 for items nobody took: float32 [I]."""
    return power(graph.degree_N[graph.n_users :], exponent)


def rows_of(matrix: SparseMatrix, rows_B: torch.Tensor) -> torch.Tensor:
    """The chosen rows as a torch CSR tensor [B, n_columns]."""
    pattern = matrix.pattern
    count_B = pattern.count[rows_B]
    end_B = count_B.cumsum(0)
    n_entries = int(end_B[-1]) if len(end_B) else 0
    shift_B = pattern.start[rows_B].long() - (end_B - count_B)
    entry = torch.arange(n_entries, device=matrix.device)
    entry = entry + torch.repeat_interleave(shift_B, count_B, output_size=n_entries)
    start = torch.nn.functional.pad(end_B, (1, 0)).to(pattern.column.dtype)
    shape = (len(rows_B), matrix.shape[1])
    return torch.sparse_csr_tensor(start, pattern.column[entry], matrix.value[entry], shape, check_invariants=False)


def dense_rows(matrix: SparseMatrix, rows_B: torch.Tensor) -> torch.Tensor:
    """The chosen rows, dense [B, n_columns]."""
    return dense_of(rows_of(matrix, rows_B))


def largest_singular_value(matrix: SparseMatrix, steps: int = 60) -> float:
    """The largest singular value of a non-negative matrix by the power method; 0 for an empty one."""
    vector = torch.ones(matrix.shape[1], 1, device=matrix.device)
    vector /= vector.norm().clamp(min=1e-30)
    for _ in range(steps):
        vector = multiply(matrix.transposed.csr, multiply(matrix.csr, vector))
        vector /= vector.norm().clamp(min=1e-30)
    return float(multiply(matrix.csr, vector).norm())
