"""Full-ranking metrics of all users, against the bare matrix product and against a loop over users.

The product is taken in blocks as large as the evaluator's, into one buffer. The loop does for each user what most
programs do: score, leave out, sort out the best, compare with the held-out set; it runs on a sample and is scaled.
"""

import math
import statistics
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.data.interactions import Interactions
from gnas.evaluate.evaluator import Evaluator
from gnas.evaluate.ranking import block_rows

K = 20


class Embedded:
    """Scores as products of given embeddings."""

    architecture: Any = None

    def __init__(self, user_UD: torch.Tensor, item_ID: torch.Tensor) -> None:
        self.user_UD, self.item_ID = user_UD, item_ID
        self.n_users, self.n_items = len(user_UD), len(item_ID)

    def score(self, users_B: torch.Tensor) -> torch.Tensor:
        """Scores of all items [B, I]."""
        return self.user_UD[users_B] @ self.item_ID.t()


def held_out(train: Interactions, given: Any) -> Interactions:
    """The folder's test part, or one random item a user."""
    if given.data and (given.data / "test.txt").exists():
        return common.interactions(given.data, part="test", like=train)
    item = np.random.default_rng(1).integers(train.n_items, size=train.n_users)
    return Interactions(np.arange(train.n_users), item, train.n_users, train.n_items)


def by_user(table: Embedded, seen: dict[int, np.ndarray], target: dict[int, np.ndarray], users: np.ndarray) -> float:
    """NDCG@20 the slow way."""
    total = 0.0
    for user in users.tolist():
        score_I = (table.item_ID @ table.user_UD[user]).numpy()
        score_I[seen.get(user, [])] = -np.inf
        best = np.argpartition(-score_I, K)[:K]
        best = best[np.argsort(-score_I[best])]
        wanted = set(target[user].tolist())
        gain = sum(1 / math.log2(place + 2) for place, item in enumerate(best.tolist()) if item in wanted)
        total += gain / sum(1 / math.log2(place + 2) for place in range(min(K, len(wanted))))
    return total / len(users)


def grouped(log: Interactions) -> dict[int, np.ndarray]:
    """The items of each user."""
    order = np.argsort(log.user, kind="stable")
    users, first = np.unique(log.user[order], return_index=True)
    return dict(zip(users.tolist(), np.split(log.item[order], first[1:]), strict=True))


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("evaluate", "Full ranking of all users, against the bare product and a loop.")
    options.add_argument("--dim", type=int, default=64)
    options.add_argument("--sample", type=int, default=500, help="users of the loop (default: 500)")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    train = common.interactions(given.data)
    target = held_out(train, given)
    generator = torch.Generator(device).manual_seed(0)
    sides = [torch.randn(n, given.dim, generator=generator, device=device) for n in (train.n_users, train.n_items)]
    table = Embedded(*sides)
    evaluator = Evaluator(target, train, [10, K], 0, device)
    users_U = torch.from_numpy(evaluator.users).to(device)
    rows = block_rows(train.n_items, device, 512)
    buffer = torch.empty(rows, train.n_items, device=device)

    def product() -> None:
        for block in torch.split(users_U, rows):
            torch.mm(table.user_UD[block], table.item_ID.t(), out=buffer[: len(block)])

    sample = np.random.default_rng(0).choice(evaluator.users, min(given.sample, len(users_U)), replace=False)
    local = Embedded(sides[0].cpu(), sides[1].cpu())
    sets = grouped(train), grouped(target)
    steps = {"ours": lambda: evaluator(table), "product": product, "loop": lambda: by_user(local, *sets, sample)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for repeat in range(given.repeats + 1):
        for name, step in steps.items():
            spent = common.seconds(step, device)
            if repeat:
                times[name].append(spent)
    median = {name: statistics.median(values) for name, values in times.items()}
    median["loop"] *= len(users_U) / len(sample)
    same = np.isin(evaluator.users, sample)
    difference = abs(evaluator(table).per_user[f"ndcg@{K}"][same].mean() - by_user(local, *sets, sample))
    made = Table(title=f"Ranking {train.n_items:,} items for {len(users_U):,} users, dim {given.dim}")
    for heading in ("what", "s", "times the product"):
        made.add_column(heading, justify="right")
    names = {"product": "bare product", "ours": "all metrics", "loop": f"loop over users (from {len(sample)})"}
    for name, what in names.items():
        made.add_row(what, f"{median[name]:.2f}", f"{median[name] / median['product']:.2f}×")
    console = Console(width=110)
    console.print(made)
    console.print(f"NDCG@{K} of the sample differs by {difference:.1e}")
    result = {"machine": common.machine(device), "data": str(given.data or "synthetic"), "dim": given.dim}
    common.write(given.out, result | {"users": len(users_U), "items": train.n_items, "seconds": median})
    console.print(f"written to {given.out}")
