"""What lies in a user's own history of a behaviour scores more.

Shapes: U users, I items, B users of a batch, P their pairs.
"""

from collections.abc import Callable, Mapping

import torch

from gnas.config.architecture import ClosedForm
from gnas.config.behaviour_use import BehaviourUse
from gnas.graph.bipartite import Graph
from gnas.graph.sparse import SparseMatrix, union
from gnas.nn.recommender import Recommender, Scored

LOOKED_AT = 256
"""Users whose scores say how large scores are."""


class Bonus:
    """Σ over behaviours of bonus · conversion of the item, at the pairs of each; nothing elsewhere.

    The conversion of an item is (n_both + shrink · mean) / (n + shrink), relative to the mean over all pairs: n users
    did it, and n_both of them what the target is too.
    """

    def __init__(self, uses: Mapping[str, BehaviourUse], graph: Graph) -> None:
        self.graph = graph
        parts = [
            _at_pairs(graph.behaviours[name].matrix, use, graph) for name, use in sorted(uses.items()) if use.bonus
        ]
        self.matrix = union(parts, "sum") if parts else None

    def unit(self, score_of: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """The root mean square of the scores of some users, evenly spaced among those with interactions."""
        known = (self.graph.degree_U > 0).nonzero().flatten()
        known = known if len(known) else torch.arange(self.graph.n_users, device=self.graph.device)
        users = known[torch.linspace(0, len(known) - 1, min(LOOKED_AT, len(known))).long().to(known.device)]
        return score_of(users).float().square().mean().sqrt()

    def added(self, score_BI: torch.Tensor, users_B: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
        """`score_BI` with the bonus, written into it."""
        if self.matrix is None:
            return score_BI
        row_P, entry_P = self.matrix.pattern.entries(users_B)
        column_P = self.matrix.pattern.column[entry_P].long()
        value_P = (self.matrix.value[entry_P] * unit).to(score_BI.dtype)
        score_BI[row_P, column_P] += value_P  # no pair stands twice
        return score_BI


def with_bonus(base: Recommender, architecture: ClosedForm, graph: Graph) -> Scored:
    """The recommender `base` of an architecture with the bonus that its behaviours give."""
    bonus = Bonus(architecture.behaviours, graph)
    unit = bonus.unit(base.score)

    def score(users_B: torch.Tensor) -> torch.Tensor:
        return bonus.added(base.score(users_B), users_B, unit)

    known = {name: getattr(base, name) for name in ("n_parameters", "features_fingerprint", "approximated")}
    return Scored(graph, score, architecture, **known)


def _at_pairs(matrix: SparseMatrix, use: BehaviourUse, graph: Graph) -> SparseMatrix:
    column_E = matrix.pattern.column.long()
    both_E = graph.interactions.matrix.pattern.contains(matrix.pattern.row.long(), column_E[:, None])[:, 0].float()
    n_I, both_I = (
        torch.zeros(graph.n_items, device=matrix.device).index_add_(0, column_E, each)
        for each in (torch.ones_like(both_E), both_E)
    )
    mean = both_I.sum() / n_I.sum().clamp(min=1)
    rate_I = (both_I + use.shrink * mean) / (n_I + use.shrink).clamp(min=1e-9)
    relative_I = torch.where(mean > 0, rate_I / mean.clamp(min=1e-9), 1.0)
    return SparseMatrix(matrix.pattern, use.bonus * relative_I[column_E])
