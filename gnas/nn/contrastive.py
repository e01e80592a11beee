"""Contrastive terms: two views of the same node must agree more than views of different nodes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.config.contrastive import SGL, SimGCL, ViewContrast, XSimGCL
from gnas.nn.losses.compared import MAX_COLUMNS
from gnas.nn.losses.formulas import info_nce
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate
from gnas.nn.propagate import Propagated

Views = Callable[[Candidate, Propagated, torch.Generator], tuple[Tensor, Tensor]]
"""From the main pass to two views of all nodes, [N, D] each."""


@dataclass(frozen=True)
class Contrast:
    """How a term makes its views, and what it weighs; `noise` is added to the layers of the main pass, None: none."""

    views: Views
    weight: float
    temperature: float
    noise: float | None = None


def sgl(spec: SGL) -> Contrast:
    """Two passes over graphs that lack different edges (Wu et al., "Self-supervised Graph Learning", SIGIR 2021)."""
    return _of_two(spec, edge_dropout=spec.edge_dropout)


def simgcl(spec: SimGCL) -> Contrast:
    """Two passes with noise on every layer (Yu et al., "Are Graph Augmentations Necessary?", SIGIR 2022)."""
    return _of_two(spec, noise=spec.eps)


def _of_two(spec: ViewContrast, edge_dropout: float | None = None, noise: float | None = None) -> Contrast:
    def views(model: Candidate, _main: Propagated, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        one, other = (model.propagate(True, generator, edge_dropout=edge_dropout, noise=noise) for _ in range(2))
        return one.final, other.final

    return Contrast(views, spec.weight, spec.temperature)


def xsimgcl(spec: XSimGCL) -> Contrast:
    """One noisy pass: its layer `layer`, or the last there is, against its outcome (Yu et al., XSimGCL, TKDE 2023).

    An outcome wider than a layer (combine concat) is replaced by the mean of the layers.
    """

    def views(_model: Candidate, main: Propagated, _generator: torch.Generator) -> tuple[Tensor, Tensor]:
        layer_ND = main.layers[min(spec.layer, len(main.layers) - 1)]
        if layer_ND.shape == main.final.shape:
            return main.final, layer_ND
        return torch.stack(list(main.layers)).mean(0), layer_ND

    return Contrast(views, spec.weight, spec.temperature, noise=spec.eps)


def agreement(
    contrast: Contrast, views: tuple[Tensor, Tensor], model: Candidate, batch: Batch, generator: torch.Generator
) -> Tensor:
    """Weight · (InfoNCE of the batch's users + InfoNCE of its items), each the mean over distinct nodes.

    At most `MAX_COLUMNS` nodes a side are compared; a batch with more of them stands for a random choice of all nodes.
    """
    a_ND, b_ND = views
    terms = []
    for ids_B, first, n in ((batch.users_B, 0, model.n_users), (batch.items_B, model.n_users, model.n_items)):
        node_B, repeated_B = _distinct(ids_B, n, batch.full, generator)
        rows_B = node_B + first
        terms.append(info_nce(embedding(rows_B, a_ND), embedding(rows_B, b_ND), contrast.temperature, repeated_B))
    return contrast.weight * (terms[0] + terms[1])


def _distinct(ids_B: Tensor, n: int, full: bool, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
    """Nodes of a batch and which of them repeat an earlier one (None: none); without waiting for the device."""
    if full or len(ids_B) >= n:
        return torch.randperm(n, device=ids_B.device, generator=generator)[:MAX_COLUMNS], None
    ids_B = ids_B[:MAX_COLUMNS]
    place_B = torch.arange(len(ids_B), device=ids_B.device)
    first_N = ids_B.new_full((n,), len(ids_B)).scatter_reduce_(0, ids_B, place_B, "amin")
    return ids_B, first_N[ids_B] != place_B
