"""The graph that a candidate sees of several behaviours."""

from collections.abc import Callable, Iterable, Mapping

import torch

from gnas.config.behaviour_use import BehaviourUse
from gnas.errors import ConfigError
from gnas.graph.bipartite import Graph
from gnas.graph.relations.behaviours import heaviest
from gnas.graph.relations.relation import Relation
from gnas.registry import did_you_mean


def all_together(uses: Mapping[str, BehaviourUse], graph: Graph, *, solved: bool = True) -> Graph:
    """The graph in which behaviours count as `uses` says; what is not `solved` has no history to be scored by.

    Raises:
        ConfigError: the data have no behaviour of a name.
    """
    known_names(uses, graph)
    weight = {name: use.weight for name, use in uses.items()}
    return graph.together(weight, {name: use.history for name, use in uses.items()} if solved else {})


def known_names(names: Iterable[str], graph: Graph) -> None:
    """Refuse behaviours that the data lack.

    Raises:
        ConfigError: the data have no behaviour of a name.
    """
    for name in names:
        if name not in graph.behaviours:
            known = did_you_mean(name, graph.behaviours) if graph.behaviours else "they have none; see data.behaviours"
            raise ConfigError(f"behaviours.{name}: the data have no behaviour of this name ({known})")


def hiding(
    together: Relation, graph: Graph, uses: Mapping[str, BehaviourUse]
) -> Callable[[torch.Tensor], torch.Tensor]:
    """From what each pair of the target counts to what each of `together` does; found once, called every step.

    A pair that is hidden keeps what its other behaviours weigh.
    """
    matrix, target = together.matrix, graph.interactions.matrix
    place_E = torch.searchsorted(matrix.pattern.key, target.pattern.key)
    others = heaviest({graph.behaviours[name].matrix: use.weight for name, use in uses.items() if use.weight})
    at_E = torch.searchsorted(others.pattern.key, target.pattern.key).clamp(max=others.nnz - 1)
    other_E = torch.where(others.pattern.key[at_E] == target.pattern.key, others.value[at_E], 0.0)
    left_E = other_E / matrix.value[place_E]

    def counted(kept_E: torch.Tensor) -> torch.Tensor:
        factor = torch.ones_like(matrix.value)
        factor[place_E] = torch.where(kept_E > 0, kept_E, left_E)
        return factor

    return counted
