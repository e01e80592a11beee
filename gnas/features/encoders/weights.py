"""Finds weights in packages, directories and the hub, and names them."""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gnas.errors import DataError

SAFE_FILES = ("*.json", "*.txt", "*.model", "*.safetensors", "1_Pooling/*.json")
"""What is fetched from the hub: no pickles, no code."""


def package_folder(package: str, encoder: str, distribution: str) -> Path:
    """Where an installed package lies; it is not imported.

    Raises:
        DataError: not installed; the sentence says what to install.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise DataError(
            f"encoder {encoder} needs the package {distribution}: pip install {distribution} (or gnas[pretrained], "
            "which brings all of them)"
        )
    return Path(spec.origin).parent


def need(module: str, encoder: str, extra: str) -> None:
    """Raise a `DataError` that says what to install where a library is not there."""
    if find_spec(module) is None:
        raise DataError(f"encoder {encoder} needs {module}: pip install 'gnas[{extra}]'")


def find_weights(source: str, revision: str | None, encoder: str) -> Path:
    """The directory of a Hugging Face model: `source` itself where it is one, else the hub's copy on this machine.

    Raises:
        DataError: neither a directory nor a hub id that can be had; the sentence says how to get it.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or source.startswith(("./", "../", "~")):
        raise DataError(f"encoder {encoder}: source {source} is not a directory")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(source, revision=revision, allow_patterns=list(SAFE_FILES)))
    except (OSError, ValueError) as error:  # offline, unknown, gated: their errors are kin of these two
        raise DataError(
            f"encoder {encoder}: {source}{f' at {revision}' if revision else ''} is neither a directory nor in the "
            f"local cache, and the hub cannot be asked ({type(error).__name__}); on a machine with a network run "
            f"`hf download {source} --local-dir DIR`, and give that directory as source"
        ) from error


def weight_files(folder: Path, encoder: str) -> list[Path]:
    """The safetensors files of a model's directory, in order of names.

    Raises:
        DataError: there are none.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise DataError(
            f"encoder {encoder}: {folder} holds no .safetensors; pickled weights are not loaded, "
            "save the model again with safe_serialization"
        )
    return files


def hash_files(files: Sequence[Path]) -> str:
    """SHA-256 of one file, or of the hashes of several."""
    hashes = []
    for file in files:
        with file.open("rb") as opened:
            hashes.append(hashlib.file_digest(opened, "sha256").hexdigest())
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def check_hash(spec: Any, found: str) -> None:
    """Raise a `DataError` where the spec names other weights than those found."""
    if spec.sha256 is not None and spec.sha256 != found:
        raise DataError(
            f"encoder {spec.kind}: the architecture was made with weights {spec.sha256[:12]}…, those found here are "
            f"{found[:12]}…; install the same ones, or take `sha256` out to go on with these"
        )


def identity_of(spec: Any, sha256: str | None, *more: str) -> str:
    """The encoder's kind and a hash of all that its readings depend on."""
    parameters = {name: value for name, value in sorted(spec.model_dump().items()) if name not in _NOT_IDENTITY}
    text = repr((spec.kind, parameters, sha256, more))
    return f"{spec.kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


_NOT_IDENTITY = ("sha256", "source", "revision")
"""The hash of the weights says it better: a directory that moves keeps its cache."""
