"""Saved models: the tensors as safetensors, bound to their architecture and data. Nothing is unpickled."""

import json
from dataclasses import asdict
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from gnas import __version__
from gnas.config.architecture import Architecture
from gnas.errors import RunError
from gnas.features.blocks import FeatureSet
from gnas.files import write_bytes
from gnas.graph.bipartite import Graph
from gnas.nn.model import build
from gnas.nn.ratings import RatingScale
from gnas.nn.recommender import Recommender

FORMAT = "gnas model 1"
FACTS = {"gnas", "architecture", "fingerprint", "ratings"}
"""What a file says of its model, beside the format."""


def save_model(path: Path, recommender: Recommender, fingerprint: str) -> None:
    """Write what `recommender` (made by `gnas.nn.model.build`) has learned; the whole file or nothing.

    A closed form follows from its architecture and the data, in seconds and the same every time: its file holds the
    binding to them alone, and `load_model` fits it again.
    """
    architecture: Architecture = recommender.architecture  # type: ignore[attr-defined]
    ratings: RatingScale | None = getattr(recommender, "ratings", None)
    facts = {
        "format": FORMAT,
        "gnas": __version__,
        "architecture": architecture.identity,
        "fingerprint": fingerprint,
        "features": getattr(recommender, "features_fingerprint", ""),
        "ratings": json.dumps(asdict(ratings) if ratings else None),
    }
    state = recommender.state_dict() if isinstance(recommender, nn.Module) else {}
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in state.items()}
    write_bytes(path, safetensors.torch.save(tensors, facts))


def load_model(
    path: Path, architecture: Architecture, graph: Graph, fingerprint: str, features: FeatureSet | None = None
) -> Recommender:
    """The recommender that `save_model` wrote, on the graph's device, ready to score.

    The graph is that of the train interactions, the fingerprint that of the data; `features` are those that the
    architecture asks for.

    Raises:
        RunError: the file is missing, damaged, not by gnas, or of another architecture or other data.
    """
    facts, tensors = _read(path)
    if facts.get("format") != FORMAT:
        raise RunError(f"{path} is not a model that gnas wrote (format {facts.get('format')!r}, expected {FORMAT!r})")
    if not facts.keys() >= FACTS:
        raise RunError(f"{path} is damaged: it does not name its {min(FACTS - facts.keys())}; train the model again")
    if facts["architecture"] != architecture.identity:
        raise RunError(
            f"{path} holds a model of architecture {facts['architecture']}, not of {architecture.identity}; "
            "give the architecture file that was saved beside it"
        )
    if facts["fingerprint"] != fingerprint:
        raise RunError(
            f"{path} was trained on other data (fingerprint {facts['fingerprint'][:12]}, the data here have "
            f"{fingerprint[:12]}); use the data of its run, or train again"
        )
    recommender = build(architecture, graph, 0, _ratings(facts["ratings"], path), features)
    if facts.get("features", "") != getattr(recommender, "features_fingerprint", ""):
        raise RunError(
            f"{path} was trained with other features of users or items: a table, a file or an encoder's weights "
            "changed since; put them back, or train again"
        )
    if isinstance(recommender, nn.Module):
        _restore(recommender, tensors, path, facts["gnas"])
    return recommender


def _ratings(text: str, path: Path) -> RatingScale | None:
    try:
        scale = json.loads(text)
        return RatingScale(**scale) if scale else None
    except (ValueError, TypeError) as error:
        raise RunError(f"{path} is damaged: its ratings are {text!r}; train the model again") from error


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise RunError(f"{path} does not exist; there is no saved model") from None
    except (SafetensorError, OSError) as error:
        raise RunError(f"{path} is damaged or no safetensors file ({error}); train the model again") from error


def _restore(model: nn.Module, tensors: dict[str, torch.Tensor], path: Path, version: str) -> None:
    wanted = {name: value.shape for name, value in model.state_dict().items()}
    found = {name: value.shape for name, value in tensors.items()}
    if wanted != found:
        names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise RunError(
            f"{path} was written by gnas {version} and does not fit this version {__version__} "
            f"({', '.join(names)} differ); train the model again"
        )
    model.load_state_dict(tensors)
    model.eval()
