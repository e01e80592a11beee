"""Links between users, and between items, as a further channel of propagation, or as one channel each."""

import torch
from torch import nn

from gnas.config.features import Likeness
from gnas.features.blocks import FeatureSet
from gnas.features.table import SIDES
from gnas.graph.bipartite import Graph
from gnas.graph.relations.knn import links_and_knn
from gnas.graph.relations.links import joined, normalized_together
from gnas.nn.init import zeros


class Links(nn.Module):
    """S x, with S the links given and those of the k most alike by each reading, normalised together.

    S = D^-½ A D^-½, A the number of times that two nodes are linked. With `learned` channels S = Σ a_c S_c over the C
    sets of links of a side, a = C · softmax(w) and w = 0 at the start, where S is the same as without. A side with one
    set has nothing to learn.

    Args:
        features: both sides' links.
        spec: k, and how the channels are put together.
        graph: N nodes, users before items.
    """

    def __init__(self, features: FeatureSet, spec: Likeness, graph: Graph) -> None:
        super().__init__()
        users, items = (links_and_knn(features, side, spec.k, graph) for side in SIDES)
        parts = [relation.links for relation in (*users, *items)]
        learned = spec.channels != "sum" and max(len(users), len(items)) > 1
        self.parts = normalized_together(parts if learned else [joined(parts, graph.n_nodes, graph.device)])
        self.users_C = zeros(len(users)) if learned and users else None
        self.items_C = zeros(len(items)) if learned and items else None

    def weights(self) -> torch.Tensor:
        """The weight a_c of each channel, those of users first: [C of users + C of items]."""
        return torch.cat([len(w) * w.softmax(0) for w in (self.users_C, self.items_C) if w is not None])

    def forward(self, x_ND: torch.Tensor) -> torch.Tensor:
        """One step along the links: [N, D]."""
        if self.users_C is None and self.items_C is None:
            return self.parts[0].matmul(x_ND)
        out_ND = torch.zeros_like(x_ND)
        for weight, part in zip(self.weights(), self.parts, strict=True):
            out_ND = torch.addcmul(out_ND, weight, part.matmul(x_ND))
        return out_ND
