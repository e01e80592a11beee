"""What features are worth: the same candidates with ids alone and with each kind of features, on MovieLens 100K.

Three tables. Warm: interactions are split at random; each set of features gets the same candidates, and the design
that was best with ids alone, its features projected before the propagation and beside its result; for ids alone two
more are drawn, so that all have as many. The best on validation trains again on fresh seeds, and test is read once.
Cold: a tenth of the films is held out of training altogether and known by features alone. Friends: last.fm with and
without its social graph.
"""

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.baselines import BASELINES
from gnas.baselines.tune import tune
from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Architecture
from gnas.config.features import Features
from gnas.config.load import load_run_config
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.data.prepare import prepare
from gnas.errors import TrialFailed
from gnas.evaluate.evaluator import Evaluation, Evaluator, usual_metrics
from gnas.evaluate.statistics import holm, paired_bootstrap
from gnas.features.bank import FeatureBank
from gnas.features.newcomers import with_newcomers
from gnas.features.table import load_tables
from gnas.graph.bipartite import build_graph
from gnas.nn.model import build
from gnas.rng import derive_seed, numpy_rng
from gnas.run.evaluate import mean_evaluation
from gnas.space.load import load_space
from gnas.train.loop import train

SETS: dict[str, dict[str, Any]] = {
    "ids only": {},
    "attributes": {"attributes": True},
    "text, tfidf": {"text": "tfidf"},
    "text, wordllama": {"text": "wordllama"},
    "text, minilm": {"text": "minilm"},
    "posters, efficientnet-lite": {"image": "efficientnet-lite"},
    "all three": {"attributes": True, "text": "minilm", "image": "efficientnet-lite"},
}
"""What is read; everything else is drawn, the same for each."""

SPACE: dict[str, Any] = {
    "propagation": {"choice": {"none": {}, "lightgcn": {"depth": {"int": [1, 2]}}}},
    "dim": {"choice": [64, 128]},
    "loss": {"all-pairs": {"negative_weight": {"float": [0.05, 1.0], "log": True}}},
    "lr": {"float": [0.01, 0.05], "log": True},
    "weight_decay": {"float": [0.05, 1.0], "log": True},
    "batch_size": "full",
    "features": {
        "attributes": True,
        "fusion": {"choice": ["sum", "concat", "gated", "attention"]},
        "entry": {"choice": ["early", "late"]},
        "id_dropout": {"choice": [0.0, 0.3]},
        "modality_dropout": {"choice": [0.0, 0.2]},
    },
}
ANCHORED = ("mf-all-pairs", "all-pairs")
"""Known designs that are tried first."""
FRIENDS: dict[str, dict[str, Any]] = {"ids only": {}, "friends": {"links": "friends"}}
FRIENDLY = {"entry": {"choice": ["early", "late"]}, "weight": {"float": [0.05, 1.0], "log": True}}
"""How friends are followed: before the propagation or after, and how far."""
ENTRIES = ("early", "late")
OPTIONS = TrainConfig(epochs=100, patience=4, evaluate_every=5)


TITLES = {
    "random": "Films known from train",
    "cold-items": "New films, ranked among themselves",
    "friends": "Listeners of last.fm and their friends",
}


@dataclass(frozen=True)
class World:
    """A split with its graph, its features and the two measures; `metric` chooses on validation."""

    train: Interactions
    graph: Any
    bank: FeatureBank
    valid: Evaluator
    test: Evaluator
    metric: str


@dataclass(frozen=True)
class Row:
    """What one line of a table says: a recommender's test figures, by user, and what it was."""

    name: str
    evaluation: Evaluation
    what: str
    valid: float
    wall_s: float


def world(data: Path, kind: str, seed: int) -> World:
    """MovieLens 100K under `data`, split at random or by items; the cold measures rank held-out films alone."""
    shares = {"valid": 0.1, "test": 0.2 if kind == "random" else 0.1}
    media = data / "ml-100k-media"
    overrides = [
        ("data.source", str(data / "ml-100k/u.data")),
        ("data.split", {"kind": kind, **shares}),
        ("data.users.path", str(data / "ml-100k/u.user")),
        ("data.items.path", str(media / "items.csv")),
        ("data.items.folder", str(media)),
    ]
    return _made("ml-100k-media", overrides, seed, new_items=kind == "cold-items")


def friends(data: Path, seed: int) -> World:
    """The listeners of last.fm under `data`, split at random, with who is friends with whom."""
    folder = data / "hetrec-lastfm"
    overrides = [
        ("data.source", str(folder / "user_artists.dat")),
        ("data.users.links.friends", str(folder / "user_friends.dat")),
    ]
    return _made("lastfm", overrides, seed)


def _made(config: str, overrides: list[tuple[str, Any]], seed: int, new_items: bool = False) -> World:
    """Data, graph, features and both measures; with `new_items` the held-out items are ranked among themselves."""
    loaded = load_run_config(config, overrides)
    split = with_newcomers(prepare(loaded.config.data, seed, loaded.base), loaded.config.data, loaded.base)
    graph = build_graph(split.train, torch.device("cpu"))
    bank = FeatureBank(load_tables(loaded.config.data, split, loaded.base), split.train)
    measures = []
    for target, seen in ((split.valid, [split.train]), (split.test, [split.train, split.valid])):
        measure = Evaluator(target, seen, [10, 20], seed, graph.device, metrics=usual_metrics(of_groups=True))
        measures.append(measure.among(np.unique(target.item)) if new_items else measure)
    return World(split.train, graph, bank, measures[0], measures[1], "recall@20" if new_items else "ndcg@20")


def draws(n: int, seed: int, kind: str) -> list[Architecture]:
    """`n` candidates that differ in everything but what they read: the known designs, then random ones."""
    own = {"features": SPACE["features"] | {"knn": FRIENDLY}} if kind == "friends" else {}
    space, rng = load_space(SPACE | own), numpy_rng(seed, "benchmark", "features")
    drawn = [space.draw(rng).architecture for _ in range(n - len(ANCHORED))]
    return [*(ANCHORS[name] for name in ANCHORED), *drawn][:n]


def reading(architecture: Architecture, read: dict[str, Any]) -> Architecture:
    """The candidate with the features of `read` in place of its own."""
    drawn = architecture.features.model_dump(include={"fusion", "entry", "id_dropout", "modality_dropout", "knn"})
    features = Features.model_validate({**drawn, **read} if read else {})
    return architecture.model_copy(update={"features": features})


def entering(architecture: Architecture, entry: str) -> Architecture:
    """The candidate with features, whatever they are, projected by a sum."""
    return architecture.model_copy(update={"features": Features.model_validate({"entry": entry})})


def trained(place: World, architecture: Architecture, seed: int) -> tuple[Any, float]:
    """A trained model in its best epoch's state, and that epoch's value on validation."""
    model = build(architecture, place.graph, seed, None, place.bank.select(architecture.features))
    value = float("nan")
    for epoch in train(model, place.train, place.valid, seed=seed, objective=place.metric, options=OPTIONS):
        value = epoch.best_value
    return model, value


def best_of(
    place: World, name: str, read: dict[str, Any], candidates: list[Architecture], seeds: int
) -> tuple[Row, Architecture]:
    """Train all, keep the best on validation, train it on fresh seeds, read test once for each of these.

    Also the candidate that was best, as it was drawn.
    """
    started, found = perf_counter(), []
    for number, drawn in enumerate(candidates):
        try:
            found.append((trained(place, reading(drawn, read), 0)[1], number))
        except TrialFailed:
            continue
    value, number = max(found)
    chosen = reading(candidates[number], read)
    return _measured(place, name, chosen, value, seeds, started), candidates[number]


def _measured(place: World, name: str, chosen: Architecture, value: float, seeds: int, started: float) -> Row:
    models = [trained(place, chosen, derive_seed(0, "fresh", seed))[0] for seed in range(seeds)]
    evaluation = mean_evaluation([place.test(model) for model in models])
    return Row(name, evaluation, chosen.words, value, perf_counter() - started)


def baseline(place: World, name: str) -> Row:
    """A classic recommender, tuned on validation."""
    tuned = tune(name, place.graph, place.valid, place.metric, 30.0)
    params = ", ".join(f"{key} {value}" for key, value in tuned.params.items())
    recommender = BASELINES[name].fit(place.graph, **tuned.params)
    return Row(name, place.test(recommender), params, tuned.metrics[place.metric], tuned.wall_s)


def table(rows: list[Row], metrics: list[str], title: str, seed: int) -> tuple[Table, list[dict[str, Any]]]:
    """Figures on test and the paired difference to ids alone in the first metric, for people and for JSON."""
    base = next(row for row in rows if row.name == "ids only").evaluation
    leads = {
        row.name: paired_bootstrap(row.evaluation.per_user[metrics[0]], base.per_user[metrics[0]], 2000, seed)
        for row in rows
        if row.name != "ids only"
    }
    p = holm({name: lead.p for name, lead in leads.items()})
    made, records = Table(title=title), []
    for heading in ("reads", *metrics, f"{metrics[0]} less ids only, 95 %", "p (Holm)", "validation", "s", "chosen"):
        made.add_column(heading)
    for row in rows:
        figures = {name: row.evaluation.metrics[name] for name in metrics}
        lead = leads.get(row.name)
        span = "" if lead is None else f"{lead.difference:+.4f} [{lead.low:+.4f}, {lead.high:+.4f}]"
        made.add_row(row.name, *(f"{x:.4f}" for x in figures.values()), span, "" if lead is None else
                     f"{p[row.name]:.3f}", f"{row.valid:.4f}", f"{row.wall_s:.0f}", row.what)  # fmt: skip
        records.append({"name": row.name, "test": figures, "valid": row.valid, "wall_s": row.wall_s, "what": row.what})
        if lead is not None:
            records[-1] |= {"difference": lead.difference, "low": lead.low, "high": lead.high, "p": p[row.name]}
    return made, records


def run(given: Namespace, kind: str, console: Console) -> list[dict[str, Any]]:
    """One of the tables."""
    place = friends(given.data, given.seed) if kind == "friends" else world(given.data, kind, given.seed)
    candidates = draws(given.trials, given.seed, kind)
    sets = FRIENDS if kind == "friends" else SETS
    for read in sets.values():
        place.bank.select(Features.model_validate(read))
    first, *others = sets.items()
    alone, best = best_of(place, *first, draws(given.trials + len(ENTRIES), given.seed, kind), given.seeds)
    candidates += [entering(best, entry) for entry in ENTRIES]
    rows = [alone, *(best_of(place, name, read, candidates, given.seeds)[0] for name, read in others)]
    classic = [name for name in (("popularity",) if kind == "cold-items" else ("ease", "ials")) if name in BASELINES]
    rows = [*(baseline(place, name) for name in classic), *rows]
    metrics = ["recall@20", "ndcg@20"] if kind == "cold-items" else ["ndcg@20", "recall@20"]
    title = TITLES[kind]
    made, records = table(rows, metrics, f"{title}: {len(rows[0].evaluation.users)} users on test", given.seed)
    console.print(made)
    return records


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("features", "What features are worth on MovieLens 100K, for known and for new films.")
    options.add_argument("--trials", type=int, default=6, help="candidates for each set of features (default: 6)")
    options.add_argument("--seeds", type=int, default=2, help="fresh seeds of the chosen ones (default: 2)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", choices=list(TITLES), help="one of the tables")
    given = options.parse_args(arguments)
    if given.data is None:
        options.error("give --data, a folder with ml-100k, ml-100k-media and hetrec-lastfm")
    given.data = given.data.resolve()
    torch.set_num_threads(given.threads)
    console, started = Console(width=200), perf_counter()
    kinds = [given.only] if given.only else list(TITLES)
    tables = {kind: run(given, kind, console) for kind in kinds}
    wall_s = perf_counter() - started
    budget = f"{given.trials + len(ENTRIES)} candidates a set, the chosen one on {given.seeds} fresh seeds"
    console.print(f"{wall_s:.0f} s, {process_time():.0f} s of CPU; {budget}")
    result = {
        "machine": common.machine(torch.device("cpu")),
        "wall_s": wall_s,
        "cpu_s": process_time(),
        "tables": tables,
    }
    common.write(given.out, result)
