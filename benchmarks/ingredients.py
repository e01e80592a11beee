"""What makes candidates strong: each ingredient alone, with and without, on several data sets and seeds.

A seed draws the split and starts the training. A cell holds the mean over seeds of the difference in validation NDCG@20
that the ingredient makes, at a candidate's best epoch, and on how many seeds it was for the better.
"""

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from benchmarks.search import CASES
from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import ItemGraph, Spectral, TwoHop
from gnas.config.contrastive import SimGCL, XSimGCL
from gnas.config.data import DataConfig, FilterConfig
from gnas.config.features import Features, Likeness
from gnas.config.losses import BPR, AllPairs, SampledSoftmax
from gnas.config.propagation import Degrees, LightGCN, NoPropagation
from gnas.config.run import TrainConfig
from gnas.config.samplings import PopularitySampling
from gnas.data.prepare import prepare
from gnas.evaluate.evaluator import Evaluator, of_drawn_users
from gnas.features.bank import FeatureBank
from gnas.graph.bipartite import build_graph
from gnas.nn.blend import standardised, weighted_sum
from gnas.nn.model import build
from gnas.nn.recommender import Recommender
from gnas.train.loop import train

METRIC = "ndcg@20"
SETS = {
    "ml-100k": FilterConfig(),
    "amazon-electronics": FilterConfig(),
    "hetrec-lastfm": FilterConfig(core=5),
    "tiktok": FilterConfig(),
    "amazon-cds": FilterConfig(),
}
"""How each is cleaned; the split is random, of train where test is given."""
USUAL = ("ml-100k", "amazon-electronics", "hetrec-lastfm")
VALIDATED = 3000
"""Users that candidates are measured on, at most."""

of_pairs = partial(
    Trained, loss=AllPairs(negative_weight=0.3), lr=0.02, weight_decay=0.2, batch_size="full", patience=8
)
of_samples = partial(Trained, propagation=LightGCN(depth=2), lr=0.01, epochs=40, patience=8)
EASE_NORM = ItemGraph(l2=200.0, user_norm=0.2, item_norm=0.2)
of_hidden = partial(
    Trained, propagation=LightGCN(depth=1, norm="root", combine="crossed"), init_scale=0.01, target_mask=0.5,
    loss=AllPairs(negative_weight=0.3), lr=0.003, weight_decay=0.4, batch_size="full", patience=30,
)  # fmt: skip

SHARED = Features(links=["shared"], knn=Likeness(weight=0.3, entry="early"))


def of_crossed(into: float, out: float, shrink: float = 0.0) -> Architecture:
    """A crossed layer with half of the interactions hidden and the given normalisation."""
    norm = Degrees(into=into, out=out, shrink=shrink)
    return of_hidden(propagation=LightGCN(depth=1, norm=norm, combine="crossed"))


CANDIDATES: dict[str, Architecture] = {
    "all pairs": of_pairs(propagation=LightGCN(depth=1)),
    "all pairs, item weights ∝ popularity^-0.3": of_pairs(
        propagation=LightGCN(depth=1), loss=AllPairs(negative_weight=0.3, popularity=-0.3)
    ),
    "all pairs, item weights ∝ popularity^0.3": of_pairs(
        propagation=LightGCN(depth=1), loss=AllPairs(negative_weight=0.3, popularity=0.3)
    ),
    "all pairs, norm 0.3": of_pairs(propagation=LightGCN(depth=1, norm=0.3)),
    "all pairs, norm 0.7": of_pairs(propagation=LightGCN(depth=1, norm=0.7)),
    "all pairs, shrunk degrees": of_pairs(propagation=LightGCN(depth=1, norm=Degrees(into=0.5, out=0.5, shrink=5.0))),
    "all pairs, dim 128": of_pairs(propagation=LightGCN(depth=1), dim=128),
    "all pairs, dim 256": of_pairs(propagation=LightGCN(depth=1), dim=256),
    "all pairs, layer 0 at 0.3": of_pairs(propagation=LightGCN(depth=1, layer0=0.3)),
    "all pairs, without layer 0": of_pairs(propagation=LightGCN(depth=1, layer0=0.0)),
    "all pairs, training from singular vectors": of_pairs(propagation=LightGCN(depth=1), init="svd"),
    "all pairs, training averaged": of_pairs(propagation=LightGCN(depth=1), ema=0.9),
    "all pairs, no graph": of_pairs(propagation=NoPropagation()),
    "crossed, nothing hidden": of_hidden(target_mask=0.0),
    "crossed, half hidden": of_hidden(),
    "crossed, half hidden, symmetric norm": of_hidden(propagation=LightGCN(depth=1, combine="crossed")),
    "crossed, half hidden, dim 128": of_hidden(dim=128),
    "crossed, half hidden, exponents .4/0": of_crossed(0.4, 0.0),
    "crossed, half hidden, exponents .5/-.1": of_crossed(0.5, -0.1),
    "crossed, half hidden, exponents .6/0": of_crossed(0.6, 0.0),
    "crossed, half hidden, exponents .5/.2": of_crossed(0.5, 0.2),
    "crossed, half hidden, exponents .5/0, degrees + 5": of_crossed(0.5, 0.0, 5.0),
    "crossed, half hidden, training averaged": of_hidden(ema=0.9),
    "crossed, half hidden, training from singular vectors": of_hidden(init="svd"),
    "crossed, half hidden, links of what is shared": of_hidden(features=SHARED),
    "EASE, freed norms, corrected": of_hidden(prior=EASE_NORM),
    "softmax": of_samples(loss=SampledSoftmax()),
    "softmax, training averaged": of_samples(loss=SampledSoftmax(), ema=0.9),
    "softmax, popular negatives": of_samples(loss=SampledSoftmax(sampling=PopularitySampling())),
    "softmax + SimGCL": of_samples(loss=SampledSoftmax(), contrastive=SimGCL()),
    "softmax + XSimGCL": of_samples(loss=SampledSoftmax(), contrastive=XSimGCL()),
    "BPR": of_samples(loss=BPR()),
    "EASE": ClosedForm(propagation=ItemGraph(l2=200.0)),
    "EASE, freed norms": ClosedForm(propagation=EASE_NORM),
    "EASE, dropout": ClosedForm(propagation=ItemGraph(l2=200.0, dropout=0.2)),
    "item graph, freed norms": ClosedForm(propagation=ItemGraph(ridge=3.0, user_norm=0.25, item_norm=0.2)),
    "item graph, freed norms, shrunk": ClosedForm(
        propagation=ItemGraph(ridge=3.0, user_norm=0.25, item_norm=0.2, user_shrink=2.0, item_shrink=2.0)
    ),
    "two hops": ClosedForm(propagation=TwoHop(user_shrink=0.0, in_shrink=0.0, out_shrink=0.0)),
    "two hops, shrunk": ClosedForm(propagation=TwoHop()),
    "GF-CF": ClosedForm(propagation=Spectral(rank=64)),
    "GF-CF, freed norms": ClosedForm(propagation=Spectral(rank=64, user_norm=0.2, item_norm=0.3)),
    "GF-CF, ridge response": ClosedForm(propagation=Spectral(rank=64, response="ridge")),
}
BLENDS = {
    "all pairs and GF-CF": ("all pairs", "GF-CF, freed norms"),
    "all pairs and EASE": ("all pairs", "EASE, freed norms"),
    "EASE and GF-CF": ("EASE, freed norms", "GF-CF, freed norms"),
}
"""Means of two, on a scale that they share; each is compared with the better of its two."""
WITHOUT = {
    "all pairs, ": "all pairs",
    "crossed, nothing hidden": "all pairs",
    "crossed, half hidden": "crossed, nothing hidden",
    "crossed, half hidden, ": "crossed, half hidden",
    "softmax": "BPR",
    "softmax ": "softmax",
    "softmax, ": "softmax",
    "EASE, ": "EASE",
    "EASE, freed norms, ": "EASE, freed norms",
    "GF-CF, ": "GF-CF",
    "item graph, freed norms, ": "item graph, freed norms",
    "two hops, ": "two hops",
}
"""What a name begins with, and which candidate it is compared with; the longest beginning counts."""


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = ArgumentParser(prog="python -m benchmarks ingredients", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    options.add_argument("--only", nargs="+", choices=list(SETS), default=list(USUAL), help="these alone")
    options.add_argument(
        "--about", default="", help="candidates whose names hold this, and those they are compared with"
    )
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    options.add_argument("--device", default="cpu")
    options.add_argument("--out", type=Path, default=Path("runs/benchmarks/ingredients.json"))
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device, console = torch.device(given.device), Console(width=150)
    values: dict[str, list[dict[str, float]]] = {name: [] for name in given.only}
    for seed in range(given.seeds):
        for name in given.only:
            started = time.perf_counter()
            values[name].append(measured(given.data, name, seed, device, given.about))
            common.write(given.out, {"machine": common.machine(device), "values": values})  # so far
            console.print(f"{name}, seed {seed}: {time.perf_counter() - started:.0f} s", highlight=False)
    console.print(table(values))
    console.print(f"written to {given.out}")


def without(words: str) -> str | None:
    """The candidate that this one is compared with."""
    starts = [start for start in WITHOUT if words.startswith(start) and words != WITHOUT[start]]
    return WITHOUT[max(starts, key=len)] if starts else None


def measured(data: Path, name: str, seed: int, device: torch.device, about: str) -> dict[str, float]:
    """The best validation value of every candidate and blend whose name holds `about`, and of what they rest on."""
    asked = {words for words in (*CANDIDATES, *BLENDS) if about in words}
    asked |= {base for words in asked if (base := without(words))}
    asked |= {one for words in asked & BLENDS.keys() for one in BLENDS[words]}
    split = prepare(DataConfig(source=str(data / CASES[name].path), filter=SETS[name]), seed, Path())
    graph = build_graph(split.train, device)
    valid = of_drawn_users(split.valid, VALIDATED, seed)
    evaluator = Evaluator(valid, [split.train], [20], seed=seed, device=device)
    bank = FeatureBank({}, split.train)
    models: dict[str, Recommender] = {}
    values: dict[str, float] = {}
    for words, architecture in ((words, one) for words, one in CANDIDATES.items() if words in asked):
        features = bank.select(architecture.read)
        models[words] = build(architecture, graph, seed, None, features)
        for epoch in train(
            models[words], split.train, evaluator, seed=seed, objective=METRIC,
            options=TrainConfig(),
        ):  # fmt: skip
            values[words] = epoch.best_value
    for words, pair in ((words, pair) for words, pair in BLENDS.items() if words in asked):
        blend = weighted_sum([standardised(models[one]) for one in pair], [0.5, 0.5])
        values[words] = evaluator(blend).metrics[METRIC]
    return values


def compared(values: Mapping[str, float]) -> dict[str, tuple[str, float]]:
    """For each candidate or blend with an ingredient what it is compared with, and the difference."""
    found = {}
    for words in values:
        if words in BLENDS:
            found[words] = ("the better alone", values[words] - max(values[one] for one in BLENDS[words]))
        elif (base := without(words)) in values:
            found[words] = (base, values[words] - values[base])
    return found


def table(values: Mapping[str, list[dict[str, float]]]) -> Table:
    """A row an ingredient, a column a data set."""
    made = Table(title=f"Difference in validation {METRIC}: mean over seeds, and on how many of them it was positive")
    made.add_column("candidate")
    made.add_column("against")
    for name in values:
        made.add_column(name, justify="right")
    differences: dict[str, list[dict[str, Any]]] = {
        name: [compared(one) for one in of_seeds] for name, of_seeds in values.items()
    }
    for words, (base, _) in next(iter(differences.values()))[0].items():
        cells = []
        for name, of_seeds in differences.items():
            by = [one[words][1] for one in of_seeds]
            level = fmean(one[words] for one in values[name])
            cells.append(f"{fmean(by):+.4f} ({sum(d > 0 for d in by)}/{len(by)}) to {level:.4f}")
        made.add_row(words, base, *cells)
    return made
