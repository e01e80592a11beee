"""Sparse times sparse, without gradients.

On the CPU torch's own product of two CSR tensors loses memory at every call: 8 bytes for each entry of the result are
never given back (torch 2.13 with MKL). A product that is wanted dense is therefore added to a dense tensor at once,
which takes half the time as well; one that is wanted sparse comes from SciPy.
"""

import scipy.sparse
import torch


def product(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """The product of two CSR tensors, itself CSR."""
    if left.device.type != "cpu":
        return left @ right
    made = _scipy(left) @ _scipy(right)
    start, column, value = (torch.from_numpy(part) for part in (made.indptr, made.indices, made.data))
    return torch.sparse_csr_tensor(start, column, value, made.shape, check_invariants=False)


def dense_product(left: torch.Tensor, right: torch.Tensor, onto: torch.Tensor | None = None) -> torch.Tensor:
    """The product of two CSR tensors, dense; added to `onto`, in place, where that is given."""
    if left.device.type != "cpu":
        made = dense_of(left @ right)
        return made if onto is None else onto.add_(made)
    if onto is None:
        zeros = torch.zeros(left.shape[0], right.shape[1], dtype=left.dtype)
        return torch.addmm(zeros, left, right, beta=0, out=zeros)
    return torch.addmm(onto, left, right, out=onto)


def dense_of(rows: torch.Tensor) -> torch.Tensor:
    """A CSR tensor, dense."""
    dense = torch.zeros(rows.shape, dtype=rows.dtype, device=rows.device)
    row = torch.repeat_interleave(rows.crow_indices().diff().long(), output_size=rows.values().shape[0])
    dense[row, rows.col_indices().long()] = rows.values()
    return dense


def _scipy(csr: torch.Tensor) -> scipy.sparse.csr_matrix:
    parts = (csr.values().numpy(), csr.col_indices().numpy(), csr.crow_indices().numpy())
    return scipy.sparse.csr_matrix(parts, shape=csr.shape)
