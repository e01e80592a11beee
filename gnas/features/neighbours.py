"""The nearest rows of a reading by cosine."""

import numpy as np

BLOCK_BYTES = 64 * 2**20
"""Bound on the similarities held at once."""


def nearest_rows(values: np.ndarray, present: np.ndarray, k: int) -> np.ndarray:
    """The k most similar other rows of each row, by cosine; int64 [n, k], −1 where there is none.

    Rows that are missing or zero have no neighbours and are nobody's.

    Args:
        values: float32 [n, d].
        present: bool [n].
        k: neighbours of each row; rows that are too few have fewer.
    """
    import torch

    rows = np.flatnonzero(present & (values != 0).any(axis=1))
    found = np.full((len(values), k), -1, dtype=np.int64)
    width = min(k, len(rows) - 1)
    if width < 1:
        return found
    unit_nd = torch.nn.functional.normalize(torch.from_numpy(values[rows]))
    step = max(1, BLOCK_BYTES // (4 * len(rows)))
    for start in range(0, len(rows), step):
        part = slice(start, min(start + step, len(rows)))
        similarity = unit_nd[part] @ unit_nd.T
        own = torch.arange(part.start, part.stop)
        similarity[own - start, own] = -torch.inf
        found[rows[part], :width] = rows[similarity.topk(width).indices.numpy()]
    return found
