"""Links between users, and between items, as a further channel of propagation, or as one channel each."""

import torch
from torch import nn

from gnas.config.features import Likeness
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.likeness import likeness, likeness_parts
from gnas.graph.sparse import SparseMatrix
from gnas.nn.init import zeros


class Links(nn.Module):
    """S x, with S the links given and those of the k most alike by each reading, normalised together.

    With `learned` channels S = Σ a_c S_c over the C sets of links of a side, a = C · softmax(w) and w = 0 at the start,
    where S is the same as without. A side with one set has nothing to learn.

    Args:
        features: both sides' links.
        spec: k, and how the channels are put together.
        graph: N nodes, users before items.
    """

    def __init__(self, features: FeatureSet, spec: Likeness, graph: Graph) -> None:
        super().__init__()
        users = features.linked("users", spec.k)
        items = [pairs + graph.n_users for pairs in features.linked("items", spec.k)]
        sizes = [len(users), len(items)]
        self.fixed: SparseMatrix | None = None
        self.parts: list[SparseMatrix] = []
        if spec.channels == "sum" or max(sizes) < 2:
            self.fixed = likeness([*users, *items], graph.n_nodes, graph.device)
        else:
            self.parts = likeness_parts([*users, *items], graph.n_nodes, graph.device)
        learned = self.fixed is None
        self.users_C = zeros(sizes[0]) if learned and sizes[0] else None
        self.items_C = zeros(sizes[1]) if learned and sizes[1] else None

    def weights(self) -> torch.Tensor:
        """The weight a_c of each channel, those of users first: [C of users + C of items]."""
        return torch.cat([len(w) * w.softmax(0) for w in (self.users_C, self.items_C) if w is not None])

    def forward(self, x_ND: torch.Tensor) -> torch.Tensor:
        """One step along the links: [N, D]."""
        if self.fixed is not None:
            return self.fixed.matmul(x_ND)
        out_ND = torch.zeros_like(x_ND)
        for weight, part in zip(self.weights(), self.parts, strict=True):
            out_ND = torch.addcmul(out_ND, weight, part.matmul(x_ND))
        return out_ND
