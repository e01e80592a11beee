"""Small worlds whose hidden structure is known: blocks of users who like blocks of items, numbers shuffled."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gnas.config.architecture import Architecture, Trained
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.evaluate.evaluator import Evaluator, Measure
from gnas.evaluate.rating import RatingEvaluator
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.model import build
from gnas.nn.ratings import rating_scale
from gnas.nn.recommender import Recommender
from gnas.train.loop import Epoch, train

CPU = torch.device("cpu")


@dataclass(frozen=True)
class World:
    """Train and held-out interactions, the train graph, and what measures a recommender on the held-out ones."""

    train: Interactions
    held_out: Interactions
    graph: Graph
    evaluator: Measure
    objective: str


def blocks(n_users: int = 30, n_items: int = 18, n_blocks: int = 3) -> World:
    """Every user took all items of the own block but one, which is held out: it must be ranked first."""
    rng = np.random.default_rng(0)
    user_block, item_block = rng.permutation(n_users) % n_blocks, rng.permutation(n_items) % n_blocks
    user, item = np.nonzero(user_block[:, None] == item_block)
    held_out = np.zeros(len(user), dtype=bool)
    for number in range(n_users):
        held_out[rng.choice(np.flatnonzero(user == number))] = True
    train_part = Interactions(user[~held_out], item[~held_out], n_users, n_items)
    target = Interactions(user[held_out], item[held_out], n_users, n_items)
    return World(train_part, target, build_graph(train_part, CPU), Evaluator(target, train_part, [1], 0, CPU), "hit@1")


def rated(n_users: int = 30, n_items: int = 20) -> World:
    """Ratings of 5 inside and 1 outside a user's block, half of all pairs known, a fifth held out."""
    rng = np.random.default_rng(1)
    liked = rng.permutation(n_users)[:, None] % 2 == rng.permutation(n_items) % 2
    draw = rng.random((n_users, n_items))
    parts = []
    for part in (draw < 0.5, draw > 0.8):
        user, item = np.nonzero(part)
        rating = np.where(liked[part], 5.0, 1.0).astype(np.float32)
        parts.append(Interactions(user, item, n_users, n_items, rating=rating))
    train_part, target = parts
    return World(train_part, target, build_graph(train_part, CPU), RatingEvaluator(target, CPU), "rmse")


def build_for(world: World, architecture: Architecture, seed: int = 0) -> Recommender:
    """The untrained model of `architecture` on `world`."""
    ratings = (
        rating_scale(world.train) if isinstance(architecture, Trained) and architecture.loss.needs_ratings else None
    )
    return build(architecture, world.graph, seed, ratings)


def learn(
    world: World, parts: dict[str, Any], model: Recommender | None = None, **options: Any
) -> tuple[Recommender, list[Epoch]]:
    """Train an architecture of small settings with `parts` replaced; the model and its epochs, each validated."""
    small = {"dim": 16, "lr": 0.05, "batch_size": 64, "epochs": 20, "patience": 8, "weight_decay": 1e-3}
    architecture = Architecture.model_validate({**small, **parts})
    model = model or build_for(world, architecture)
    epochs = train(
        model,
        world.train,
        world.evaluator,
        seed=0,
        objective=world.objective,
        options=TrainConfig.model_validate({"evaluate_every": 1, **options}),
    )
    return model, list(epochs)
