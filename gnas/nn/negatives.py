"""Where negatives come from. A negative is never a known positive of its user."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from gnas.config.samplings import HardSampling, InBatchSampling, PopularitySampling, UniformSampling
from gnas.nn.positives import Positives

ROUNDS = 4
"""Draws from the batch before an item of the same popularity is drawn exactly instead."""

Score = Callable[[Tensor], Tensor]
"""Scores of items [B, K] for the users of the batch: [B, K]."""


@dataclass(frozen=True)
class Negatives:
    """`item_BK` int64; `known_BK` marks what must be left out (a user who has every item), None: nothing."""

    item_BK: Tensor
    known_BK: Tensor | None = None


class Drawer(Protocol):
    """A way to draw. `group`: how many shared draws make one negative, the one that the user scores highest."""

    group: int

    def each(self, users_B: Tensor, items_B: Tensor, k: int, score: Score, generator: torch.Generator) -> Negatives:
        """K negatives for each pair of the batch."""
        ...

    def shared(self, items_B: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """K · group items for all users alike, int64; known ones among them are for the caller to leave out."""
        ...


class Unseen:
    """Exact draws from the items that a user does not know, item i with a probability in proportion to `weight_I`.

    No draw is rejected. The weights are whole numbers. Of all weight, that of unseen items in front of a user's j-th
    known item is a rising number in j; among these numbers, kept in one sorted array for all users, a binary search
    finds how many known items to step over. Cost: one search a draw, two with weights.
    """

    group = 1

    def __init__(self, known: Positives, weight_I: Tensor) -> None:
        self.known = known
        self.even = bool((weight_I == 1).all())
        self.upto_I = weight_I.cumsum(0)
        self.total = int(weight_I.sum())
        weight_E = weight_I[known.taken.column]
        before_E = weight_E.cumsum(0) - weight_E
        self.passed_E1 = torch.cat([before_E, weight_E.sum().view(1)])
        row_E = known.taken.row.long()
        passed_U = self.passed_E1[known.taken.offsets]
        unseen_E = (self.upto_I - weight_I)[known.taken.column] - (before_E - passed_U[row_E])
        self.key_E = row_E * (self.total + 1) + unseen_E
        self.mass_U = self.total - passed_U.diff()
        self.any_full = bool((self.mass_U == 0).any())

    def each(self, users_B: Tensor, _items_B: Tensor, k: int, _score: Score, generator: torch.Generator) -> Negatives:
        """K negatives for each pair of the batch, with replacement."""
        mass_B1 = self.mass_U[users_B].unsqueeze(1)
        uniform_BK = torch.rand(len(users_B), k, dtype=torch.float64, device=users_B.device, generator=generator)
        place_BK = (uniform_BK * mass_B1).long().minimum(mass_B1 - 1).clamp_(min=0)
        last_BK = torch.searchsorted(self.key_E, users_B.unsqueeze(1) * (self.total + 1) + place_BK, right=True)
        first_B1 = self.known.taken.offsets[users_B].unsqueeze(1)
        place_BK = place_BK + self.passed_E1[last_BK] - self.passed_E1[first_B1]
        item_BK = place_BK if self.even else torch.searchsorted(self.upto_I, place_BK, right=True)
        item_BK = item_BK.clamp_(max=self.known.n_items - 1)
        return Negatives(item_BK, (mass_B1 == 0).expand(-1, k) if self.any_full else None)

    def shared(self, items_B: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """K items by weight, whoever knows them; all items, each once, where K reaches their number and all weigh 1."""
        n_items = self.known.n_items
        if self.even and k >= n_items:
            return torch.arange(n_items, device=items_B.device)
        place_K = torch.rand(k, dtype=torch.float64, device=items_B.device, generator=generator) * self.total
        return torch.searchsorted(self.upto_I, place_K.long(), right=True).clamp_(max=n_items - 1)


class FromBatch:
    """The positive items of other users in the batch."""

    group = 1

    def __init__(self, _spec: InBatchSampling, known: Positives) -> None:
        self.known = known
        self.alike = Unseen(known, _whole(known.degree_I.double(), known.n_users))

    def each(self, users_B: Tensor, items_B: Tensor, k: int, score: Score, generator: torch.Generator) -> Negatives:
        """K negatives for each pair; known ones are drawn again, at last by popularity, which a batch mirrors."""
        item_BK = _pick(items_B, (len(items_B), k), generator)
        for _ in range(ROUNDS - 1):
            again_BK = _pick(items_B, (len(items_B), k), generator)
            item_BK = torch.where(self.known.taken.contains(users_B, item_BK), again_BK, item_BK)
        exact = self.alike.each(users_B, items_B, k, score, generator)
        item_BK = torch.where(self.known.taken.contains(users_B, item_BK), exact.item_BK, item_BK)
        return Negatives(item_BK, exact.known_BK)

    def shared(self, items_B: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """K positions of the batch without repetition; all of them where it has fewer."""
        return items_B[torch.randperm(len(items_B), device=items_B.device, generator=generator)[:k]]


class Hardest:
    """Of `group` uniform draws, the one that the model scores highest."""

    def __init__(self, spec: HardSampling, known: Positives) -> None:
        self.uniform = Unseen(known, known.offered_I)
        self.group = spec.candidates

    def each(self, users_B: Tensor, items_B: Tensor, k: int, score: Score, generator: torch.Generator) -> Negatives:
        """K negatives for each pair, each the best of its own candidates."""
        drawn = self.uniform.each(users_B, items_B, k * self.group, score, generator)
        with torch.no_grad():
            best_BK1 = score(drawn.item_BK).view(-1, k, self.group).argmax(2, keepdim=True)
        item_BK = drawn.item_BK.view(-1, k, self.group).gather(2, best_BK1).squeeze(2)
        return Negatives(item_BK, None if drawn.known_BK is None else drawn.known_BK[:, :k])

    def shared(self, items_B: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """K · group uniform draws."""
        n_draws = k * self.group
        if not self.uniform.even:
            return self.uniform.shared(items_B, n_draws, generator)
        return torch.randint(self.uniform.known.n_items, (n_draws,), device=items_B.device, generator=generator)


def uniform(_spec: UniformSampling, known: Positives) -> Drawer:
    """Every item alike."""
    return Unseen(known, known.offered_I)


def by_popularity(spec: PopularitySampling, known: Positives) -> Drawer:
    """Items by a power of their popularity; power 0 is every item alike."""
    if spec.exponent == 0:
        return Unseen(known, known.offered_I)
    weight_I = _whole(known.degree_I.double() ** spec.exponent, known.n_users)
    return Unseen(known, weight_I * known.offered_I)


def _whole(weight_I: Tensor, n_users: int) -> Tensor:
    """Weights as whole numbers from 1, in proportion to a millionth or better, small enough for 64-bit keys."""
    total = min(2.0**40, 2.0**61 / max(n_users, 1))
    return (weight_I * (total / weight_I.sum().clamp(min=1e-12))).round().long().clamp(min=1)


def _pick(items_B: Tensor, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    return items_B[torch.randint(len(items_B), shape, device=items_B.device, generator=generator)]
