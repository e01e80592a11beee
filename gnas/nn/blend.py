"""Several recommenders as one: the weighted mean of their scores, each on the same scale.

Rich Caruana et al., Ensemble Selection from Libraries of Models, ICML 2004, average what is a probability already;
scores of recommenders have scales of their own, hence `Standardised`.
"""

from collections.abc import Sequence

import torch
from torch import nn

from gnas.config.architecture import Architecture
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.nn.model import build
from gnas.nn.ratings import RatingScale
from gnas.nn.recommender import Recommender

ROUNDING = 1e-6
"""Scores that differ by less, relative to the largest of the user, are the same: the rest is rounding."""


class Blended:
    """Σ weight · scores over the members.

    Args:
        members: recommenders of the same users and items, on one device.
        weights: one for each member.

    Raises:
        ValueError: no member, other users or items, or not as many weights.
    """

    def __init__(self, members: Sequence[Recommender], weights: Sequence[float]) -> None:
        sizes = {(member.n_users, member.n_items) for member in members}
        if len(sizes) != 1 or len(members) != len(weights):
            raise ValueError(f"{len(weights)} weights for {len(members)} members with (users, items) {sorted(sizes)}")
        ((self.n_users, self.n_items),) = sizes
        self.members = list(zip(members, weights, strict=True))

    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users` [B]: float32 [B, I]. Holds two such blocks beside what a member needs."""
        total_BI: torch.Tensor | None = None
        for member, weight in self.members:
            score_BI = member.score(users).float()
            total_BI = score_BI * weight if total_BI is None else total_BI.add_(score_BI, alpha=weight)
        assert total_BI is not None  # there is a member
        return total_BI


class Standardised:
    """A recommender's scores with mean 0 and deviation 1 over the items of each user; 0 where all are the same."""

    def __init__(self, recommender: Recommender) -> None:
        self.recommender = recommender
        self.n_users, self.n_items = recommender.n_users, recommender.n_items

    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users` [B]: float32 [B, I]."""
        score_BI = self.recommender.score(users).float()
        largest_B1 = torch.maximum(score_BI.amax(1, keepdim=True), -score_BI.amin(1, keepdim=True))
        deviation_B1, mean_B1 = torch.std_mean(score_BI, 1, correction=0, keepdim=True)
        # NaN and infinity are multiplied and stay, so that whoever measures still finds them
        scale_B1 = torch.where(deviation_B1 > ROUNDING * largest_B1, deviation_B1.reciprocal(), 0.0)
        return (score_BI - mean_B1).mul_(scale_B1)


class Kept:
    """A recommender that keeps the scores of the users it was asked for last: several blends ask it for the same ones.

    The users must not be written into.
    """

    def __init__(self, recommender: Recommender) -> None:
        self.recommender = recommender
        self.n_users, self.n_items = recommender.n_users, recommender.n_items
        self._users: torch.Tensor | None = None
        self._score_BI: torch.Tensor | None = None

    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users` [B]: float32 [B, I], a copy."""
        # told apart by their place in memory, which `_users` holds: to compare values would wait for the device
        if self._score_BI is None or self._users is None or not _same_place(self._users, users):
            self._users, self._score_BI = users, self.recommender.score(users)
        return self._score_BI.clone()


def _same_place(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.data_ptr() == b.data_ptr() and a.shape == b.shape and a.stride() == b.stride()


class BlendModel(nn.Module):
    """The recommender of a blend: its members, of which those that are trained stand in `parts` by their place."""

    def __init__(
        self,
        architecture: Architecture,
        models: Sequence[Recommender],
        ratings: RatingScale | None,
        features: FeatureSet | None = None,
    ) -> None:
        super().__init__()
        trained = {str(place): model for place, model in enumerate(models) if isinstance(model, nn.Module)}
        self.parts = nn.ModuleDict(trained)
        scorers = models if ratings is not None else [Standardised(model) for model in models]
        weight = [member.weight for member in architecture.members]
        self.blended = Blended(scorers, [one / sum(weight) for one in weight])
        self.n_users, self.n_items = self.blended.n_users, self.blended.n_items
        self.architecture, self.ratings = architecture, ratings
        self.n_parameters = sum(int(getattr(model, "n_parameters", 0)) for model in models)
        self.features_fingerprint = features.fingerprint if features is not None else ""

    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users` [B]: float32 [B, I]."""
        return self.blended.score(users)


def build_blend(
    architecture: Architecture, graph: Graph, seed: int, ratings: RatingScale | None, features: FeatureSet | None
) -> BlendModel:
    """A blend of what its members build; `features` holds those of each."""
    given = features.members if features is not None else (None,) * len(architecture.members)
    members = zip(architecture.members, given, strict=True)
    models = [build(member.architecture, graph, seed, ratings, own) for member, own in members]
    return BlendModel(architecture, models, ratings, features)
