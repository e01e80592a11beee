"""Running the command line in this process, and the small data that the tests run it on."""

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gnas.cli.main import main
from gnas.rng import numpy_rng

SPACE = """\
propagation: {choice: {none: {}, lightgcn: {depth: {int: [1, 2]}}}}
dim: {choice: [8, 16]}
loss: {choice: {bpr: {}, softmax: {negatives: 32}}}
lr: {float: [5e-3, 5e-2], log: true}
"""
QUICK = ("--set", "train.epochs=4", "--set", "search.confirm={top: 2, seeds: 1}", "--set", "evaluate.bootstrap=200")


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Gnas = Callable[..., Ran]


def run_gnas(*words: object) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1 if stop.code else 0
    return Ran(code, out.getvalue(), err.getvalue())


def write_clicks(path: Path, users: int = 60, items: int = 30) -> Path:
    """Users of three blocks who take the items of their block, with text ids, ratings and times."""
    rng = numpy_rng(0, "clicks")
    lines = ["customer,product,stars,when"]
    for user in range(users):
        block = np.flatnonzero(np.arange(items) % 3 == user % 3)
        for item in rng.choice(block, size=7, replace=False):
            lines.append(f"anna-{user},item {item},{rng.integers(1, 6)},{1_600_000_000 + rng.integers(10_000_000)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def search_words(place: Path, out: Path, *more: object) -> list[object]:
    return [
        "search", "--data", place / "clicks.csv", "--space", place / "space.yaml", "--trials", 3, "--out", out,
        *QUICK, *more,
    ]  # fmt: skip
