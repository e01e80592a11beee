"""The encoder of texts."""

from collections.abc import Sequence

import numpy as np

from gnas_garden.choices import Letters


class LettersEncoder:
    name, modality, identity, sha256, dim = "letters", "text", "letters-1", None, 26

    def __init__(self, _spec: Letters, _fit: Sequence[str], _device: str) -> None:
        pass

    def encode(self, values: Sequence[str]) -> np.ndarray:
        counts = [[value.lower().count(chr(97 + letter)) for letter in range(26)] for value in values]
        found = np.array(counts, dtype=np.float32).reshape(len(values), 26)
        found[found.sum(1) == 0] = np.nan
        return found
