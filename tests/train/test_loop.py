"""The course of training: seeds, stopping, the best state, failures, options."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Trained
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.errors import ConfigError, DataError, TrialFailed
from gnas.evaluate.evaluator import Evaluation
from gnas.graph.bipartite import build_graph
from gnas.nn.model import Candidate
from gnas.nn.positives import positives
from gnas.nn.recommender import Recommender
from gnas.train.batches import MAX_FULL_STEPS, MIN_FULL_STEPS, epoch_batches, full_steps, pairs_of
from gnas.train.loop import Epoch, best_epochs, raise_failed, train
from gnas.train.step import build_step
from tests.train.planted_worlds import CPU, World, blocks, build_for, learn, rated


@pytest.fixture(scope="module")
def world() -> World:
    return blocks()


class Scripted:
    """An evaluator that reads its values from a list, and keeps the state of the model at every call."""

    def __init__(self, *values: float) -> None:
        self.values = list(values)
        self.states: list[torch.Tensor] = []

    def __call__(self, recommender: Recommender) -> Evaluation:
        assert isinstance(recommender, Candidate)
        self.states.append(recommender.embedding.detach().clone())
        return Evaluation({"ndcg@1": self.values.pop(0), "rmse": 1.0}, {}, np.arange(1))


def start(
    world: World,
    evaluator: Scripted,
    *,
    objective: str = "ndcg@1",
    options: dict[str, Any] | None = None,
    halt: Callable[[], bool] = lambda: False,
    **parts: Any,
) -> tuple[Candidate, Iterator[Epoch]]:
    architecture = Trained.model_validate({"dim": 8, "batch_size": 64, **parts})
    model = build_for(world, architecture)
    assert isinstance(model, Candidate)
    epochs = train(
        model,
        world.train,
        evaluator,
        seed=0,
        objective=objective,
        options=TrainConfig.model_validate(options or {}),
        halt=halt,
    )
    return model, epochs


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"loss": {"softmax": {"sampling": "popularity"}}, "contrastive": "sgl", "feature_dropout": 0.2},
        {"loss": {"bpr": {"sampling": "hard"}}, "propagation": {"gat": {"edge_dropout": 0.2}}},
        {"loss": "all-pairs"},
        {"loss": "in-batch-softmax", "contrastive": "xsimgcl", "optimizer": "adagrad"},
    ],
)
def test_two_runs_with_one_seed_are_bit_identical(world: World, parts: dict[str, Any]) -> None:
    runs = [learn(world, {**parts, "epochs": 4}) for _ in range(2)]
    (first, first_epochs), (second, second_epochs) = runs
    assert [(e.loss, e.metrics) for e in first_epochs] == [(e.loss, e.metrics) for e in second_epochs]
    assert isinstance(first, Candidate)
    assert isinstance(second, Candidate)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_threads_do_not_race() -> None:
    """Arrays large enough for torch to share out between threads, and rows that many pairs add to."""
    user, item = np.nonzero(np.random.default_rng(0).random((300, 250)) < 0.1)
    train_part = Interactions(user, item, 300, 250)
    graph = build_graph(train_part, CPU)
    world = World(train_part, train_part, graph, Scripted(*[0.5] * 9), "ndcg@1")
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        runs = [learn(world, {"dim": 64, "batch_size": 4096, "epochs": 2})[1] for _ in range(2)]
    finally:
        torch.set_num_threads(threads)
    assert [epoch.loss for epoch in runs[0]] == [epoch.loss for epoch in runs[1]]


def test_global_random_state_is_left_alone(world: World) -> None:
    before = torch.get_rng_state()
    learn(world, {"epochs": 2, "feature_dropout": 0.1})
    assert torch.equal(before, torch.get_rng_state())


def test_early_stopping_goes_back_to_the_best_epoch(world: World) -> None:
    evaluator = Scripted(0.1, 0.5, 0.4, 0.5, 0.3, 0.9)
    model, epochs = start(world, evaluator, patience=3)
    found = list(epochs)
    assert [epoch.index for epoch in found] == [1, 2, 3, 4, 5]
    assert [epoch.is_best for epoch in found] == [True, True, False, False, False]
    assert [epoch.best_index for epoch in found] == [1, 2, 2, 2, 2]
    assert found[-1].best_value == 0.5
    assert torch.equal(model.embedding, evaluator.states[1])
    assert not torch.equal(model.embedding, evaluator.states[4])
    assert not model.training


def test_lower_is_better_where_the_objective_says_so() -> None:
    world = rated()
    _, epochs = learn(world, {"loss": "mse", "epochs": 8})
    values = [epoch.metrics["rmse"] for epoch in epochs]
    assert epochs[-1].best_value == min(values)
    assert epochs[-1].best_index == values.index(min(values)) + 1


def test_generator_closed_early_leaves_the_best_model(world: World) -> None:
    evaluator = Scripted(0.1, 0.5, 0.4, 0.3)
    model, epochs = start(world, evaluator)
    list(itertools.islice(epochs, 3))
    assert not torch.equal(model.embedding, evaluator.states[1])
    epochs.close()  # type: ignore[attr-defined]
    assert torch.equal(model.embedding, evaluator.states[1])
    user, item = model.embed(training=False)
    torch.testing.assert_close(model.score(torch.arange(30)), user @ item.t())


def test_scores_follow_the_parameters(world: World) -> None:
    """What the evaluator sees is the state of this epoch, not embeddings kept from an earlier one."""
    _, epochs = learn(world, {"epochs": 6, "lr": 0.001})
    assert len({epoch.metrics["ndcg@1"] for epoch in epochs}) > 1


@pytest.mark.parametrize(("own", "given", "counts"), [(3, None, 3), (3, 6, 6), (6, 3, 3)])
def test_what_the_options_say_stands_in_place_of_the_architectures_own(
    world: World, own: int, given: int | None, counts: int
) -> None:
    _, epochs = start(world, Scripted(*range(9)), options={"epochs": given}, epochs=own)
    assert len(list(epochs)) == counts
    _, epochs = start(world, Scripted(*[0.5] * 9), options={"patience": given}, patience=own)
    assert len(list(epochs)) == counts + 1


def test_patience_counts_epochs_however_seldom_they_are_validated(world: World) -> None:
    evaluator = Scripted(0.5, 0.4, 0.3, 0.2)
    _, epochs = start(world, evaluator, options={"evaluate_every": 3}, patience=5, epochs=50)
    assert [epoch.index for epoch in epochs][-1] == 9, "the best was 3; at 6 that is 3 epochs ago, at 9 it is 6"


def test_evaluation_every_few_epochs_and_after_the_last(world: World) -> None:
    evaluator = Scripted(0.1, 0.2, 0.3)
    _, epochs = start(world, evaluator, options={"evaluate_every": 3}, epochs=7)
    assert [epoch.index for epoch in epochs if epoch.metrics] == [3, 6, 7]


def test_loss_that_is_not_finite_fails_the_trial(world: World) -> None:
    model, epochs = start(world, Scripted(0.5, 0.5, 0.5), loss="all-pairs", lr=100.0, optimizer="sgd", epochs=50)
    with pytest.raises(TrialFailed, match=r"the loss is (nan|inf) in epoch \d+; the model has diverged"):
        list(epochs)
    assert model.embedding.isfinite().all()


def test_score_that_is_not_finite_fails_the_trial(world: World) -> None:
    model = build_for(world, Trained.model_validate({"dim": 16}))
    assert isinstance(model, Candidate)
    with torch.no_grad():
        model.embedding[world.graph.n_users :].fill_(1e30)
    with pytest.raises(TrialFailed, match=r"not finite|diverged"):
        learn(world, {"lr": 1e-9}, model)


def test_memory_that_runs_out_fails_the_trial() -> None:
    with pytest.raises(TrialFailed, match="out of memory: CUDA out of memory"):
        raise_failed(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore"))
    with pytest.raises(TrialFailed, match="out of memory"):
        raise_failed(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"))
    raise_failed(RuntimeError("shapes do not match"))


def test_objective_that_nobody_measures_is_an_error(world: World) -> None:
    _, epochs = start(world, Scripted(0.5), objective="recall@7")
    with pytest.raises(ConfigError, match="objective recall@7 is not measured here; measured: ndcg@1, rmse"):
        next(epochs)


def test_nothing_to_learn_from_is_an_error(world: World) -> None:
    graph, empty = world.graph, world.train.take(np.array([], dtype=np.int64))
    with pytest.raises(DataError, match="no train interactions"):
        pairs_of(empty, graph, Trained())
    with pytest.raises(DataError, match="loss mse predicts ratings, but the train interactions have none"):
        pairs_of(world.train, graph, Trained.model_validate({"loss": "mse"}))


def test_bfloat16_learns(world: World) -> None:
    for parts in ({}, {"loss": "softmax"}, {"propagation": {"gcn": {"depth": 1}}, "scorer": "mlp", "lr": 0.02}):
        _, epochs = learn(world, parts, precision="bfloat16")
        assert max(epoch.metrics["hit@1"] for epoch in epochs) > 0.9
        assert epochs[-1].loss < epochs[0].loss


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's compiler warns about torch
def test_compiled_equals_eager(world: World) -> None:
    parts = {"epochs": 3, "loss": "softmax"}
    _, eager = learn(world, parts)
    _, compiled = learn(world, parts, compile=True)
    assert [e.loss for e in compiled] == pytest.approx([e.loss for e in eager], rel=1e-3)


def collect(world: World, batch_size: int) -> list[Any]:
    architecture = Trained.model_validate({"batch_size": batch_size})
    pairs, known = pairs_of(world.train, world.graph, architecture), positives(world.graph)
    return list(epoch_batches(pairs, known, world.graph, architecture, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("batch_size", [1, 7, 64, 149, 150, 10_000])
def test_an_epoch_is_every_pair_once_in_batches_of_nearly_equal_size(world: World, batch_size: int) -> None:
    batches = collect(world, batch_size)
    pairs = {pair for b in batches for pair in zip(b.users_B.tolist(), b.items_B.tolist(), strict=True)}
    assert pairs == set(zip(world.train.user.tolist(), world.train.item.tolist(), strict=True))
    sizes = [len(b.users_B) for b in batches]
    assert sum(sizes) == len(world.train)
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    count = np.bincount(world.train.user)
    assert [b.n_known for b in batches] == [count[b.users_B].sum() for b in batches]


def test_full_batch_epochs_have_a_few_steps() -> None:
    def steps(n_users: int, n_items: int, n: int) -> int:
        user = np.arange(n) % n_users
        interactions = Interactions(user, np.arange(n) // n_users, n_users, n_items)
        return full_steps(build_graph(interactions, CPU))

    assert steps(30, 20, 200) == MIN_FULL_STEPS
    assert steps(4000, 4000, 20_000) == 8
    assert steps(5000, 9000, 5000) == MAX_FULL_STEPS


@pytest.mark.parametrize("batch_size", [10_000, "full"])
def test_weight_decay_is_half_the_mean_square_of_the_steps_embeddings(world: World, batch_size: int | str) -> None:
    def loss(decay: float, optimizer: str = "adam") -> tuple[float, Candidate]:
        architecture = Trained.model_validate(
            {"weight_decay": decay, "loss": "directau", "batch_size": batch_size, "optimizer": optimizer}
        )
        model = build_for(world, architecture)
        assert isinstance(model, Candidate)
        known = positives(world.graph)
        step = build_step(model, known)
        pairs = pairs_of(world.train, world.graph, architecture)
        generator = torch.Generator().manual_seed(0)
        batch = next(iter(epoch_batches(pairs, known, world.graph, architecture, generator)))
        return step(batch, generator).item(), model

    plain, model = loss(0.0)
    square = model.embedding.detach().square().sum(1).numpy()
    expected = (square[world.train.user] + square[30 + world.train.item]).mean() / 2
    assert loss(0.5)[0] - plain == pytest.approx(0.5 * expected, rel=1e-4)
    assert loss(0.5, "adamw")[0] == pytest.approx(plain)


@pytest.mark.parametrize(
    ("objective", "values", "index", "ended"),
    [
        ("auc", [0.1, 0.3, 0.3, 0.2], 2, 3),
        ("rmse", [0.4, 0.2, 0.2, 0.9], 2, 3),
        ("auc", [math.nan, -1.0, math.nan], 2, 1),
        ("rmse", [math.nan, math.nan], 0, 1),
    ],
)
def test_best_is_aware_of_the_direction_and_ties_go_to_the_earlier_epoch(
    objective: str, values: list[float], index: int, ended: int
) -> None:
    kept = []

    def epochs(patience: int) -> list[Epoch]:
        def measured(index: int) -> dict[str, float]:
            return {objective: values[index - 1]}

        return list(
            best_epochs(lambda _: 0.0, measured, objective, len(values), patience, lambda: kept.append(patience))
        )

    *_, last = epochs(9)
    assert last.best_index == index
    assert (9 in kept) == (index > 0)
    assert len(epochs(1)) == ended, "after the first epoch that brought nothing better"


def test_a_halt_ends_the_epoch_between_two_steps(world: World) -> None:
    asked = 0

    def halt() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 3

    scripted = Scripted(0.5)
    _, epochs = start(world, scripted, options={"evaluate_every": 10}, halt=halt, batch_size=16, epochs=50)
    (only,) = epochs
    assert len(world.train) > 4 * 16, "the epoch had more steps"
    assert asked == 3
    assert only.index == 1
    assert only.metrics == {"ndcg@1": 0.5, "rmse": 1.0}, "it is evaluated, whatever evaluate_every says"
