"""TF-IDF and a truncated SVD: a text encoder without weights, fitted on the texts of train."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from gnas.config.encoders import TfIdf

_WORD = re.compile(r"[^\W_]{2,}")
_MAX_WORDS = 50_000


class TfIdfEncoder:
    """Rows (1 + log tf) · idf of unit length, projected on the leading right singular vectors of train's rows.

    idf = 1 + log((1 + n) / (1 + df)). Salton & Buckley, 1988; Deerwester et al., 1990. Fewer words or texts than `dim`
    make a smaller dim. A text without known words is a row of NaN.
    """

    name = "tfidf"
    modality = "text"
    sha256: str | None = None

    def __init__(self, spec: TfIdf, fit: Sequence[str], _device: str) -> None:
        counts = [Counter(_words(text)) for text in fit]
        df = Counter(word for count in counts for word in count)
        frequent = sorted((w for w, n in df.items() if n >= spec.min_count), key=lambda w: (-df[w], w))[:_MAX_WORDS]
        self._place = {word: at for at, word in enumerate(sorted(frequent))}
        self._idf = np.array([1 + np.log((1 + len(fit)) / (1 + df[word])) for word in self._place])
        self._basis = _right_vectors(self._weighed(counts), spec.dim)
        digest = hashlib.sha256("\0".join(fit).encode())
        self.identity = f"tfidf-{spec.dim}-{spec.min_count}-{digest.hexdigest()[:16]}"

    @property
    def dim(self) -> int:
        """Length of a reading: at most the spec's dim."""
        return int(self._basis.shape[1])

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Project the texts: float32 [n, dim]."""
        rows = self._weighed([Counter(_words(text)) for text in values])
        out = np.asarray(rows @ self._basis, dtype=np.float32)
        out[np.diff(rows.indptr) == 0] = np.nan
        return out

    def _weighed(self, counts: Sequence[Counter[str]]) -> sparse.csr_array:
        at, columns, weights = [], [], []
        for row, count in enumerate(counts):
            for word, n in count.items():
                if word in self._place:
                    at.append(row)
                    columns.append(self._place[word])
                    weights.append((1 + np.log(n)) * self._idf[self._place[word]])
        shape = (len(counts), len(self._place))
        matrix = sparse.csr_array((weights, (at, columns)), shape=shape, dtype=np.float64)
        length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        return sparse.csr_array(sparse.diags_array(1 / np.maximum(length, 1e-12)) @ matrix)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _right_vectors(matrix: sparse.csr_array, dim: int) -> np.ndarray:
    """The leading right singular vectors [words, dim], each with its largest entry positive."""
    dim = min(dim, *matrix.shape)
    if dim == 0:
        return np.zeros((matrix.shape[1], 0))
    if dim >= min(matrix.shape) - 1:
        vectors = np.linalg.svd(matrix.toarray(), full_matrices=False)[2][:dim]
    else:
        start = np.full(min(matrix.shape), 1.0)  # a fixed start: the same result every time
        _, values, vectors = sparse.linalg.svds(matrix, k=dim, v0=start, solver="arpack")
        vectors = vectors[np.argsort(-values)]
    signs = np.sign(vectors[np.arange(dim), np.abs(vectors).argmax(axis=1)])
    return np.asarray((vectors * signs[:, None]).T)
