"""Every block of the README, on small data and with short budgets."""

from pathlib import Path

import polars as pl
import pytest

from gnas.config.load import load_run_config
from gnas.space.load import space_of
from tests.cli.gnas_runner import QUICK, SPACE, run_gnas
from tests.docs.blocks import Block, blocks

SHELL = [block for block in blocks("README.md", "sh") if not block.reason]
YAML = blocks("README.md", "yaml")
SHORT = {"search": ["--space", "space.yaml", "--trials", "2", *QUICK], "evaluate": [], "recommend": []}
"""What makes each command short."""


@pytest.mark.parametrize("block", YAML, ids=lambda block: f"line {block.line}")
def test_a_config_can_be_read_and_its_space_drawn_from(block: Block, workplace: Path) -> None:
    path = workplace / "config.yaml"
    path.write_text(block.text)
    assert space_of(load_run_config(str(path))).check(50).refused_share <= 0.05


def test_the_commands_run(workplace: Path) -> None:
    (workplace / "space.yaml").write_text(SPACE)
    for block in SHELL:
        for command, verb, *words in block.commands():
            assert command == "gnas", block.place
            run = next(iter(sorted(workplace.glob("runs/*"))), None)
            words = [str(run) if word == "runs/…" else word for word in words]
            ran = run_gnas(verb, *words, *SHORT[verb])
            assert ran.code == 0, f"{block.place}: gnas {verb}\n{ran.err}"
    assert pl.read_csv(workplace / "recs.csv").height == 60 * 10


def test_the_example_of_features_trains(workplace: Path) -> None:
    path = workplace / "features.yaml"
    path.write_text(next(block.text for block in YAML if "links:" in block.text))
    more = ["--set", "search.trials=1", "--set", "search.baselines=false", "--set", "space.dim=8"]
    ran = run_gnas("search", path, "--out", "runs/features", *more, *QUICK)
    assert ran.code == 0, ran.err
