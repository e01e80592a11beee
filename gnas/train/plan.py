"""The memory of a training, counted in tables of embeddings, and how it keeps within a limit."""

from dataclasses import dataclass

import torch

from gnas.config.architecture import Trained
from gnas.config.named import COMBINES, OPTIMIZERS
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph

FANOUTS = (10, 7, 5, 4, 3, 2, 1)
"""Neighbours drawn of each node: the first number that the memory allows."""
OFFERED = 2048
"""Items drawn uniformly for each step, from which its negatives come."""


@dataclass(frozen=True)
class Plan:
    """A training by steps on neighbourhoods, with `fanout` neighbours drawn of each node.

    `n_cached` is None where the embeddings lie on the device. Otherwise they lie in host memory, and
    this many of them on the device as well.
    """

    fanout: int
    n_cached: int | None = None


def full_mib(architecture: Trained, graph: Graph) -> float:
    """About how much memory training on the whole graph takes, in MiB: tables of N embeddings, counted.

    The parameter, its gradient, two moments and the best state, and with an average that and a copy; then what a step
    holds.
    """
    stack = architecture.propagation.stack()
    n_parameters = 2 if stack is not None and stack.frees else 1
    n_kept = n_parameters * (5 + 2 * (architecture.ema > 0))
    return (n_kept + _step_tables(architecture)) * _table_mib(architecture, graph.n_nodes)


def plan_for(architecture: Trained, graph: Graph, max_memory_mib: float, device: torch.device) -> Plan | None:
    """How to train so that no more than the memory of `device` that is given is taken; None: on the whole graph.

    First with fewer and fewer neighbours, then, on any device but the CPU, whose memory is the host's, with the
    embeddings in host memory.

    Raises:
        TrialFailed: it fits in no way.
    """
    needed_mib = full_mib(architecture, graph)
    if needed_mib <= max_memory_mib:
        return None
    too_large = f"training takes about {needed_mib:.0f} MiB, above train.max_memory ({max_memory_mib:.0f} MiB)"
    if why := whole_graph_only(architecture):
        raise TrialFailed(f"{too_large}, and it cannot be done on samples: {why}")
    table_mib, n_validation = _table_mib(architecture, graph.n_nodes), _validation_tables(architecture)
    held_mib = (4 + n_validation) * table_mib  # parameter, two moments, best state
    left_mib = max_memory_mib - held_mib
    for fanout in FANOUTS:
        if (step_mib := _step_mib(architecture, graph, fanout)) <= left_mib:
            return Plan(fanout)
    on_samples = f"{too_large}, and on samples still {held_mib + step_mib:.0f} MiB, {held_mib:.0f} of them for the"
    less = "a smaller dim or batch_size would need less"
    if device.type == "cpu":
        raise TrialFailed(f"{on_samples} embeddings themselves; {less}")
    copied_mib = (1 + n_validation) * table_mib  # a validation copies the parameter
    left_mib = max_memory_mib - copied_mib
    for fanout in FANOUTS:
        if (step_mib := _step_mib(architecture, graph, fanout)) <= left_mib:
            return Plan(fanout, int((left_mib - step_mib) / (3 * _table_mib(architecture, 1))))  # with their moments
    raise TrialFailed(
        f"{on_samples} embeddings themselves; with these in host memory it is {copied_mib + step_mib:.0f} MiB, "
        f"{copied_mib:.0f} of them for a validation; {less}"
    )


def whole_graph_only(architecture: Trained) -> str | None:
    """Why a candidate cannot be trained on neighbourhoods, or None."""
    propagation, stack = architecture.propagation, architecture.propagation.stack()
    layers = stack.layers() if stack else []
    reasons = {
        f"propagation {propagation.kind} counts neighbours itself": not all(layer.on_samples for layer in layers),
        f"loss {architecture.loss.kind} looks at all pairs": architecture.loss.full_batch,
        f"loss {architecture.loss.kind} predicts ratings": architecture.loss.needs_ratings,
        "its batch is the whole graph": architecture.batch_size == "full",
        "it reads features": architecture.features.used,
        "it has two tables of embeddings": stack is not None and stack.frees,
        "it hides interactions of the whole graph": architecture.target_mask > 0,
        "it averages its parameters": architecture.ema > 0,
        f"optimizer {architecture.optimizer} has no update by rows": not OPTIMIZERS[architecture.optimizer].by_rows,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _step_mib(architecture: Trained, graph: Graph, fanout: int) -> float:
    """What a step on a neighbourhood holds beside the embeddings, at most."""
    assert architecture.batch_size != "full"
    seeds = 2 * architecture.batch_size + OFFERED
    stack = architecture.propagation.stack()
    n_nodes = min(graph.n_nodes, seeds * sum(fanout**hop for hop in range(1 + (stack.depth if stack else 0))))
    return (1 + _step_tables(architecture)) * _table_mib(architecture, n_nodes)


def _step_tables(architecture: Trained) -> int:
    """Tables of embeddings that a step holds beside its parameters.

    Each layer's output and its gradient, with the linear maps of an operator that has them four more; the combination;
    all of it again for each further view.
    """
    stack = architecture.propagation.stack()
    n_layers = stack.step_tables * stack.depth if stack else 0
    return (1 + architecture.contrastive.views) * (n_layers + 4)


def _validation_tables(architecture: Trained) -> int:
    """Tables of embeddings that a propagation without gradients holds at once, beside its input.

    A layer's input and output, what is in between for an operator with linear maps, and the running sum; more where the
    combination needs all layers together.
    """
    stack = architecture.propagation.stack()
    if stack is None:
        return 0
    n_layer, combine = stack.pass_tables + (stack.residual > 0), COMBINES[stack.combine]
    if stack.fixed_weights() is not None or not combine.at_once:
        return n_layer + 1
    n_combined = 2 * stack.depth + 2 if combine.joins else stack.depth + 2
    return max(n_layer + stack.depth - 1, n_combined)


def _table_mib(architecture: Trained, n_nodes: int) -> float:
    return n_nodes * architecture.dim * 4 / 2**20
