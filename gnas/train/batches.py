"""The steps of an epoch: which positives each of them sees."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

from gnas.config.architecture import Trained
from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.graph.bipartite import Graph
from gnas.graph.sparse import kept_edges
from gnas.nn.losses.step import Batch
from gnas.nn.positives import Positives

MIN_FULL_STEPS, MAX_FULL_STEPS = 5, 10


def pairs_of(interactions: Interactions, graph: Graph, architecture: Trained) -> Batch:
    """The positives of `interactions` on the graph's device, with their ratings where the loss wants them.

    Raises:
        DataError: there are none, or the loss needs ratings that are not there.
    """
    if not len(interactions):
        raise DataError("there are no train interactions to learn from")
    rating_E = None
    if architecture.loss.needs_ratings:
        if interactions.rating is None:
            raise DataError(
                f"loss {architecture.loss.kind} predicts ratings, but the train interactions have none; "
                "name the rating column or take another loss"
            )
        rating_E = torch.from_numpy(interactions.rating.astype(np.float32)).to(graph.device)
    user, item = (torch.from_numpy(side.astype(np.int64)) for side in (interactions.user, interactions.item))
    return Batch(user.to(graph.device), item.to(graph.device), rating_E, n_known=0, full=False)


def full_steps(graph: Graph) -> int:
    """Steps an epoch of a full-batch candidate has.

    A full-batch step costs some passes over the interactions, an evaluation one over all user-item pairs. With one
    step an epoch, large data would be evaluated longer than trained on; with many, the best step would be missed.
    """
    ratio = graph.n_users * graph.n_items / max(graph.n_interactions, 1)
    return int(min(max(ratio / 100, MIN_FULL_STEPS), MAX_FULL_STEPS))


def _sees_all(architecture: Trained) -> bool:
    """Whether every step sees all interactions."""
    return architecture.loss.full_batch or (architecture.batch_size == "full" and not architecture.target_mask)


def epoch_size(architecture: Trained, graph: Graph, n_pairs: int) -> tuple[int, int]:
    """Steps of an epoch, and about how many of its `n_pairs` pairs each of them sees."""
    size = architecture.batch_size
    if _sees_all(architecture):
        return full_steps(graph), graph.n_interactions
    n_pairs = max(1, round(n_pairs * (architecture.target_mask or 1)))
    n_steps = 1 if size == "full" else -(-n_pairs // size)
    return n_steps, -(-n_pairs // n_steps)


def epoch_batches(
    pairs: Batch, known: Positives, graph: Graph, architecture: Trained, generator: torch.Generator
) -> Iterator[Batch]:
    """The steps of one epoch: shuffled batches of nearly equal size, or all interactions several times.

    With a target mask, a step that sees all interactions hides a new share of them. The batches of other losses are
    those that an epoch hides.
    """
    mask, size, kept_E = architecture.target_mask, architecture.batch_size, None
    if pairs.rating_B is None and (architecture.loss.full_batch or size == "full" or mask):
        pattern = graph.user_item.pattern  # each distinct pair once, in the order of the graph
        pairs = Batch(pattern.row, pattern.column.long(), None, n_known=graph.n_interactions, full=True)

    def draw() -> torch.Tensor:
        return kept_edges(graph.n_interactions, mask, generator, graph.user_item.value)

    if _sees_all(architecture):
        for _ in range(full_steps(graph)):
            yield replace(pairs, kept_E=draw()) if mask else pairs
        return
    if mask:
        kept_E = draw()
        hidden_E = kept_E == 0
        pairs = replace(pairs, users_B=pairs.users_B[hidden_E], items_B=pairs.items_B[hidden_E])
    n_pairs = len(pairs.users_B)
    size = n_pairs if size == "full" else size
    order_E = torch.randperm(n_pairs, device=graph.device, generator=generator)
    bounds = np.linspace(0, n_pairs, -(-n_pairs // size) + 1).round().astype(int).tolist()
    users_E = pairs.users_B[order_E]
    known_E1 = torch.nn.functional.pad(known.taken.count[users_E].cumsum(0), (1, 0))
    known_at = known_E1[torch.tensor(bounds, device=graph.device)].tolist()  # the epoch's one host read before its end
    items_E = pairs.items_B[order_E]
    rating_E = None if pairs.rating_B is None else pairs.rating_B[order_E]
    for step, (first, last) in enumerate(pairwise(bounds)):
        yield Batch(
            users_E[first:last],
            items_E[first:last],
            None if rating_E is None else rating_E[first:last],
            n_known=known_at[step + 1] - known_at[step],
            full=False,
            kept_E=kept_E,
        )
