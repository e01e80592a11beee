"""What each behaviour is worth, and in which of its places: in the matrix, as a bonus, of items alike or each its own.

Every design is fitted on train and measured on validation; with `--test` on train and validation, and measured on test.
"""

from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.architecture import Architecture
from gnas.config.load import load_run_config
from gnas.events import finish
from gnas.nn.model import build
from gnas.run.configure import absolute
from gnas.run.measures import test_evaluator, validation_evaluator
from gnas.run.prepared import prepare_run
from gnas.run.refit import on_everything_known

Uses = dict[str, dict[str, float]]
DESIGNS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "two hops": ({"two_hop": {}}, {"weight": 0.4, "bonus": 7.0}),
    "GF-CF": ({"spectral": {"rank": 64}}, {"weight": 0.7, "bonus": 15.0}),
    "iALS": ({"als": {"mass": 5.0, "ridge": 0.5}}, {"weight": 0.7, "bonus": 10.0}),
    "EASE": ({"item_graph": {"ridge": 1.0}}, {"weight": 0.7, "bonus": 15.0}),
}
"""A closed form, and what it makes of each behaviour."""
ALIKE = 1e9


def ways(use: dict[str, float], names: list[str]) -> dict[str, Uses]:
    """What is compared: nothing, one place alone, both, both without one of the behaviours."""

    def each(**one: float) -> Uses:
        return dict.fromkeys(names, one)

    weight, bonus = use["weight"], use["bonus"]
    found = {
        "target alone": {},
        "in the matrix": each(weight=weight),
        "in matrix and history": each(weight=weight, history=weight),
        "bonus": each(bonus=bonus),
        "matrix, bonus alike": each(weight=weight, bonus=bonus, shrink=ALIKE),
        "matrix, bonus": each(**use),
    }
    if len(names) > 1:
        found |= {f"… without {name}": {other: use for other in names if other != name} for name in names}
    return found


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("behaviours", "What each behaviour is worth.")
    options.add_argument("config", help="a run config with behaviours")
    options.add_argument("--designs", nargs="+", default=list(DESIGNS), choices=list(DESIGNS), help="which of them")
    options.add_argument("--test", action="store_true", help="fit on train and validation, measure on test")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    loaded = load_run_config(given.config)
    config = loaded.config.model_copy(update={"data": absolute(loaded.config.data, loaded.base)})
    prepared = finish(prepare_run(config, torch.device(given.device), Path.cwd()))
    if given.test:
        measure, graph = test_evaluator(prepared), on_everything_known(prepared).graph
    else:
        measure, graph = validation_evaluator(prepared), prepared.graph
    part = "test" if given.test else "validation"
    made = Table(title=f"{Path(given.config).stem}, {part}: hit@10 / ndcg@10")
    rows = list(ways({"weight": 1.0, "bonus": 1.0}, list(graph.behaviours)))
    for heading in ("", *given.designs):
        made.add_column(heading, justify="left" if not heading else "right")
    found: dict[str, dict[str, dict[str, float]]] = {}
    for design in given.designs:
        propagation, use = DESIGNS[design]
        for row, uses in ways(use, list(graph.behaviours)).items():
            tree = {"propagation": propagation, "behaviours": uses}
            metrics = measure(build(Architecture.model_validate(tree), graph, config.seed)).metrics
            found.setdefault(row, {})[design] = {name: metrics[name] for name in ("hit@10", "ndcg@10")}
    for row in rows:
        made.add_row(row, *(f"{one['hit@10']:.4f} / {one['ndcg@10']:.4f}" for one in found[row].values()))
    console = Console(width=110)
    console.print(made)
    common.write(given.out, {"machine": common.machine(torch.device(given.device)), part: found})
    console.print(f"written to {given.out}")
