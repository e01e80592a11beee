"""Several recommenders as one: the weighted mean of their scores, each on the same scale.

Rich Caruana et al., Ensemble Selection from Libraries of Models, ICML 2004, average what is a probability already;
scores of recommenders have scales of their own, hence `standardised`.
"""

from collections.abc import Sequence

import torch
from torch import nn

from gnas.config.architecture import Architecture
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.nn.model import build
from gnas.nn.ratings import RatingScale
from gnas.nn.recommender import Recommender, Scored

ROUNDING = 1e-6
"""Scores that differ by less, relative to the largest of the user, are the same: the rest is rounding."""


def weighted_sum(members: Sequence[Recommender], weights: Sequence[float]) -> Scored:
    """Σ weight · scores over the members. Holds two blocks of scores beside what a member needs.

    Args:
        members: recommenders of the same users and items, on one device.
        weights: one for each member.

    Raises:
        ValueError: no member, other users or items, or not as many weights.
    """
    sizes = {(member.n_users, member.n_items) for member in members}
    if len(sizes) != 1 or len(members) != len(weights):
        raise ValueError(f"{len(weights)} weights for {len(members)} members with (users, items) {sorted(sizes)}")

    def score(users: torch.Tensor) -> torch.Tensor:
        total_BI = members[0].score(users).float() * weights[0]
        for member, weight in zip(members[1:], weights[1:], strict=True):
            total_BI.add_(member.score(users).float(), alpha=weight)
        return total_BI

    return Scored(members[0], score)


def standardised(recommender: Recommender) -> Scored:
    """A recommender's scores with mean 0 and deviation 1 over the items of each user; 0 where all are the same."""

    def score(users: torch.Tensor) -> torch.Tensor:
        score_BI = recommender.score(users).float()
        largest_B1 = torch.maximum(score_BI.amax(1, keepdim=True), -score_BI.amin(1, keepdim=True))
        deviation_B1, mean_B1 = torch.std_mean(score_BI, 1, correction=0, keepdim=True)
        # NaN and infinity are multiplied and stay, so that whoever measures still finds them
        scale_B1 = torch.where(deviation_B1 > ROUNDING * largest_B1, deviation_B1.reciprocal(), 0.0)
        return (score_BI - mean_B1).mul_(scale_B1)

    return Scored(recommender, score)


def keeping(recommender: Recommender) -> Scored:
    """A recommender that keeps the scores of the users it was asked for last: several blends ask it for the same ones.

    The users must not be written into.
    """
    last: tuple[torch.Tensor, torch.Tensor] | None = None

    def score(users: torch.Tensor) -> torch.Tensor:
        nonlocal last
        # told apart by their place in memory, which `last` holds: to compare values would wait for the device
        if last is None or not _same_place(last[0], users):
            last = users, recommender.score(users)
        return last[1].clone()

    return Scored(recommender, score)


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
        scorers = models if ratings is not None else [standardised(model) for model in models]
        weight = [member.weight for member in architecture.members]
        self.blended = weighted_sum(scorers, [one / sum(weight) for one in weight])
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
