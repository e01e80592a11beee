"""Shared by the Hugging Face encoders: finding, checking, loading and running a frozen model."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gnas.config.encoders import HuggingFace, MiniLM
from gnas.errors import DataError
from gnas.features.encoders.weights import (
    check_hash,
    find_weights,
    hash_files,
    identity_of,
    need,
    weight_files,
)

FROM_FOLDER: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
"""Nothing is fetched and no code of a model's directory is run when one is loaded."""


class FrozenModel:
    """A model directory: its hash now, its network when it is first needed.

    Raises:
        DataError: no library, no weights, other weights than the spec's, or a directory that does not load.
    """

    def __init__(self, spec: HuggingFace | MiniLM, source: str, revision: str | None, extra: str, device: str) -> None:
        need("transformers", spec.kind, extra)
        self.name, self.device = spec.kind, device
        self.folder = find_weights(source, revision, spec.kind)
        self.sha256 = hash_files(weight_files(self.folder, spec.kind))
        check_hash(spec, self.sha256)
        settings = sorted(self.folder.glob("*.json")) + sorted(self.folder.glob("1_Pooling/*.json"))
        self.identity = identity_of(spec, self.sha256, hash_files(settings) if settings else "")

    def part(self, auto_class: str, **options: Any) -> Any:
        """Load a tokenizer, processor or the like of the directory with this Auto class."""
        import transformers

        with quiet():
            try:
                return getattr(transformers, auto_class).from_pretrained(self.folder, **FROM_FOLDER, **options)
            except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
                raise DataError(
                    f"encoder {self.name}: {self.folder} does not load with {auto_class}: {_first_line(error)}"
                ) from error

    @cached_property
    def network(self) -> Any:
        """The network in evaluation mode, float32, without gradients, on the device."""
        return self._loaded[0]

    @cached_property
    def untrained(self) -> tuple[str, ...]:
        """Names of parameters that the directory does not hold and that are therefore random."""
        return self._loaded[1]

    @cached_property
    def _loaded(self) -> tuple[Any, tuple[str, ...]]:
        import torch

        options = {"dtype": torch.float32, "use_safetensors": True, "output_loading_info": True}
        with torch.inference_mode(False):  # what is made in that mode can never have a gradient
            network, info = self.part("AutoModel", **options)
        missing = tuple(sorted(info["missing_keys"]))
        stray = [key for key in missing if "pool" not in key and "head" not in key]
        if stray:
            raise DataError(
                f"encoder {self.name}: the weights in {self.folder} lack {len(stray)} parameters of the network, "
                f"such as {stray[0]}; the directory is incomplete or of another kind"
            )
        return network.to(self.device).eval().requires_grad_(False), missing


class HuggingFaceEncoder(ABC):
    """An encoder around a `FrozenModel`, in two halves: what is prepared for the network, and the network's reading."""

    modality: str

    def __init__(self, spec: HuggingFace | MiniLM, model: FrozenModel) -> None:
        self.name, self.sha256, self.identity = spec.kind, model.sha256, model.identity
        self.pooling = getattr(spec, "pooling", "auto")
        self.model = model

    @abstractmethod
    def batches(self, values: Sequence[str]) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """The inputs of all values that can be read, with their places among `values`, a batch at a time."""

    @abstractmethod
    def inputs(self, values: list[Any]) -> dict[str, Any]:
        """What is made of values that were read, for the network."""

    @abstractmethod
    def vectors(self, inputs: dict[str, Any]) -> Any:
        """The readings of one batch: a tensor [B, dim], with a gradient where the network's parameters have one."""

    @abstractmethod
    def sample(self) -> Any:
        """A value to find out the length of a reading by."""

    @cached_property
    def dim(self) -> int:
        """Length of a reading; loads the network."""
        import torch

        with torch.inference_mode():
            return int(self.vectors(self.inputs([self.sample()])).shape[1])

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """The readings of `values`: float32 [n, dim], NaN where there is nothing to read."""
        import torch

        out = np.full((len(values), self.dim), np.nan, dtype=np.float32)
        for rows, inputs in self.batches(values):
            with torch.inference_mode():
                out[rows] = self.vectors(inputs).cpu().numpy()
        return out


def head_output(output: Any) -> Any:
    """The tensor of `get_text_features` and the like, which is wrapped or not by version."""
    return output.pooler_output if hasattr(output, "pooler_output") else output


def is_folder_of(folder: Path, name: str) -> bool:
    """Whether a sentence-transformers directory lists a module of this kind."""
    modules = folder / "modules.json"
    return modules.is_file() and f".{name}" in modules.read_text(encoding="utf-8")


@contextmanager
def quiet() -> Iterator[None]:
    """Loading without bars and log lines of the libraries; their settings are put back afterwards."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
