"""Links found in train: users, or items, that share the most."""

import numpy as np

from gnas.data.interactions import Interactions, Side

NEIGHBOURS = 10
BLOCK_BYTES = 64 * 2**20
"""Bound on the likenesses held at once."""


def shared(train: Interactions, side: Side) -> np.ndarray:
    """Each user or item with the ten most like it: int64 [n, 2].

    Alike by the cosine of who took what, |A ∩ B| / √(|A| |B|) (Sarwar et al., WWW 2001; as positives of a contrastive
    loss: Sun et al., "NESCL", TKDE 2023).
    """
    from scipy.sparse import csr_matrix, diags

    rows, columns = (train.user, train.item) if side == "users" else (train.item, train.user)
    shape = (train.n_users, train.n_items) if side == "users" else (train.n_items, train.n_users)
    taken = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape)
    taken.data[:] = 1  # however often
    size_n = np.asarray(taken.sum(axis=1)).ravel()
    unit = diags(1 / np.sqrt(np.maximum(size_n, 1))) @ taken
    step, width = max(1, BLOCK_BYTES // (4 * max(shape[0], 1))), min(NEIGHBOURS, shape[0] - 1)
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    for start in range(0, shape[0] if width > 0 else 0, step):
        likeness = (unit[start : start + step] @ unit.T).toarray()
        at = np.arange(len(likeness))
        likeness[at, start + at] = 0
        near = np.argpartition(-likeness, width - 1, axis=1)[:, :width]
        row, place = np.nonzero(np.take_along_axis(likeness, near, axis=1) > 0)
        pairs.append(np.stack([start + row, near[row, place]], axis=1))
    return np.concatenate(pairs)
