"""What share of a training goes into validation: after every epoch, and as `train.evaluate_every: auto` has it.

Each candidate trains for a while twice; counted are the epochs' validations on a draw of users, and the one of everyone
at the end, in seconds of the CPU, which other programs do not stretch.
"""

import time

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Trained
from gnas.config.data import SplitConfig
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.data.split import VALID, split_parts
from gnas.evaluate.evaluator import Evaluation, Evaluator, of_drawn_users
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.model import build
from gnas.nn.recommender import Recommender
from gnas.train.loop import train

METRIC = "ndcg@20"
CANDIDATES = ("all-pairs", "mf-all-pairs", "mf")


class Timed(Evaluator):
    """An evaluator that counts what it is asked and how long it takes."""

    n_calls, cpu_s = 0, 0.0

    def __call__(self, recommender: Recommender) -> Evaluation:
        """Measure, and count."""
        started = time.process_time()
        found = super().__call__(recommender)
        self.n_calls, self.cpu_s = self.n_calls + 1, self.cpu_s + time.process_time() - started
        return found


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("validation-time", __doc__.splitlines()[0])
    options.add_argument("--only", nargs="+", choices=CANDIDATES, default=["all-pairs"], help="these alone")
    options.add_argument("--budget", type=float, default=60, help="CPU seconds of each training (default: 60)")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device, console = torch.device(given.device), Console(width=110)
    whole = common.interactions(given.data)
    held = split_parts(whole, SplitConfig(kind="random", valid=0.1, test=0.0), 0) == VALID
    train_part, target = whole.take(~held), whole.take(held)
    graph = build_graph(train_part, device)
    rows = [
        measured(name, every, graph, train_part, target, given.budget)
        for name in given.only
        for every in (TrainConfig(evaluate_every=1), TrainConfig())
    ]
    made = Table(title=f"{graph.n_users:,} users, {graph.n_items:,} items, {graph.n_interactions:,} interactions")
    for heading in rows[0]:
        made.add_column(heading, justify="left" if heading in ("candidate", "validated") else "right")
    for row in rows:
        made.add_row(*map(str, row.values()))
    console.print(made)
    common.write(given.out, {"machine": common.machine(device), "rows": rows})
    console.print(f"written to {given.out}")


def measured(
    name: str, options: TrainConfig, graph: Graph, train_part: Interactions, target: Interactions, budget_s: float
) -> dict[str, str | int | float]:
    """One training of `budget_s` CPU seconds, and its outcome on everyone."""
    architecture = ANCHORS[name]
    assert isinstance(architecture, Trained)
    drawn = of_drawn_users(target, options.validation_users, 0)
    few, everyone = (
        Timed(part, [train_part], [10, 20], seed=0, device=graph.device, drawn=len(part) < len(target))
        for part in (drawn, target)
    )
    model = build(architecture, graph, 0)
    started = time.process_time()
    n_epochs, best = 0, 0.0
    for epoch in train(
        model, train_part, few if few.drawn else everyone, seed=0, objective=METRIC, options=options,
        halt=lambda: time.process_time() - started > budget_s,
    ):  # fmt: skip
        n_epochs, best = epoch.index, epoch.best_value
    if few.drawn:
        best = everyone(model).metrics[METRIC]
    cpu_s = time.process_time() - started
    return {
        "candidate": name,
        "validated": "every epoch" if options.evaluate_every == 1 else "auto",
        "epochs": n_epochs,
        "validations": few.n_calls + everyone.n_calls,
        "cpu_s": round(cpu_s, 1),
        "in validation": f"{(few.cpu_s + everyone.cpu_s) / cpu_s:.0%}",
        METRIC: round(best, 4),
    }
