"""The recommenders that are solved rather than trained by gradients: one function of spec and graph for each kind."""

from collections.abc import Callable
from typing import Any

from gnas.graph.bipartite import Graph
from gnas.nn.als import fit_als
from gnas.nn.item_graph import fit_item_graph
from gnas.nn.recommender import Recommender
from gnas.nn.spectral import fit_spectral
from gnas.registry import Registry

CLOSED_FORMS: Registry[Callable[[Any, Graph], Recommender]] = Registry("closed form")
CLOSED_FORMS.add("als", fit_als)
CLOSED_FORMS.add("item_graph", fit_item_graph)
CLOSED_FORMS.add("spectral", fit_spectral)
