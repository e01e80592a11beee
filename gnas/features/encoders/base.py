"""The interface of all encoders."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Encoder(Protocol):
    """Reads values of one modality; frozen: the same value always gives the same row, whatever stands beside it.

    `name` is the encoder's kind; `modality` is `text`, `image` or `audio`; `identity` names everything that a reading
    depends on (weights by hash, revision, pooling, lengths), so that equal identities may share a cache; `sha256` is
    the hash of the weights, None where there are none. Weights are loaded by the first `encode`.
    """

    name: str
    modality: str
    identity: str

    @property
    def sha256(self) -> str | None:
        """Hash of the weights."""
        ...

    @property
    def dim(self) -> int:
        """Length of a reading."""
        ...

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """The readings of texts, or of files by path.

        Returns:
            float32 [n, dim]; a row of NaN where there is nothing to read: a blank text, a missing or broken file.
        """
        ...


def encode_each(values: Sequence[str], dim: int, read: Callable[[str], np.ndarray | None]) -> np.ndarray:
    """The reading of each value, one after another: float32 [n, dim], NaN where `read` gives None."""
    out = np.full((len(values), dim), np.nan, dtype=np.float32)
    for row, value in enumerate(values):
        if (found := read(value)) is not None:
            out[row] = found
    return out
