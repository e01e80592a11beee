"""Static token embeddings of the PyPI package `wordllama`, read from its two files; the package is not imported."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gnas.config.encoders import WordLlama
from gnas.features.encoders.weights import check_hash, hash_files, identity_of, need, package_folder


class WordLlamaEncoder:
    """The mean of the embeddings of a text's tokens, as a unit vector (Miller, "WordLlama", 2024; 256 numbers).

    A text without tokens is a row of NaN.
    """

    name = "wordllama"
    modality = "text"

    def __init__(self, spec: WordLlama, _fit: Sequence[str], _device: str) -> None:
        folder = package_folder("wordllama", self.name, "wordllama==0.4.0.post1")
        need("tokenizers", self.name, "text")
        self._weights = folder / "weights" / "l2_supercat_256.safetensors"
        self._tokens = folder / "tokenizers" / "l2_supercat_tokenizer_config.json"
        self.sha256 = hash_files([self._weights])
        check_hash(spec, self.sha256)
        self.identity = identity_of(spec, self.sha256)

    @property
    def dim(self) -> int:
        """Length of a reading."""
        return int(self._table.shape[1])

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Average and normalise: float32 [n, dim]."""
        out = np.full((len(values), self.dim), np.nan, dtype=np.float32)
        for row, found in enumerate(self._tokenizer.encode_batch(list(values), add_special_tokens=False)):
            if found.ids:
                mean = self._table[found.ids].mean(axis=0)
                out[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return out

    @cached_property
    def _table(self) -> np.ndarray:
        from safetensors.numpy import load_file

        return np.asarray(next(iter(load_file(self._weights).values())), dtype=np.float32)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokens))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer
