"""Contrastive terms: two views of the same node must agree more than views of different nodes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.config.contrastive import SGL, SimGCL, ViewContrast, XSimGCL
from gnas.nn.losses.formulas import info_nce
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate
from gnas.nn.propagate import Propagated

Views = Callable[[Candidate, Propagated, torch.Generator], tuple[Tensor, Tensor]]
"""From the main pass to two views of all nodes, [N, D] each."""
MAX_NODES = 1024
"""Most nodes of a side that a step compares with each other."""


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

    The first `MAX_NODES` pairs of a batch say which; where it holds every pair, a random choice of all nodes stands
    for it.
    """
    sides = ((batch.users_B, 0, model.n_users), (batch.items_B, model.n_users, model.n_items))
    nodes = [_nodes(ids_B, n, batch.full, generator) for ids_B, _, n in sides]
    rows = [node_B + first for (node_B, _), (_, first, _) in zip(nodes, sides, strict=True)]
    a, b = (torch.split(embedding(torch.cat(rows), x_ND), [len(one) for one in rows]) for x_ND in views)
    terms = [info_nce(a[s], b[s], contrast.temperature, repeated_B) for s, (_, repeated_B) in enumerate(nodes)]
    return contrast.weight * (terms[0] + terms[1])


def _nodes(ids_B: Tensor, n: int, full: bool, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
    """Nodes to compare, and which of them repeat an earlier one (None: none does).

    On the CPU each stands there once, since the products grow with the square of their number. A GPU does not mind,
    but it would have to be waited for to know how many differ.
    """
    if full:
        return torch.randperm(n, device=ids_B.device, generator=generator)[:MAX_NODES], None
    ids_B = ids_B[:MAX_NODES]
    if not ids_B.is_cuda:
        return torch.unique(ids_B), None
    place_B = torch.arange(len(ids_B), device=ids_B.device)
    first_N = ids_B.new_full((n,), len(ids_B)).scatter_reduce_(0, ids_B, place_B, "amin")
    return ids_B, first_N[ids_B] != place_B
