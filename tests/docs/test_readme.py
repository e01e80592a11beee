"""Every block of the README, on small data and with short budgets."""

from pathlib import Path

import polars as pl
import pytest

from gnas.config.load import load_run_config
from gnas.config.yaml import load_yaml
from gnas.space.load import load_space, space_of
from tests.cli.gnas_runner import QUICK, SPACE, run_gnas
from tests.docs.blocks import Block, blocks, named_files

CONFIGS = [block for block in blocks("README.md", "yaml") if block.text.startswith("data:")]
SPACES = [block for block in blocks("README.md", "yaml") if not block.text.startswith("data:")]
OWN_DATA = ["--space", "space.yaml", "--trials", "2", *QUICK]


def test_the_commands_run(workplace: Path) -> None:
    (workplace / "space.yaml").write_text(SPACE)
    for name, text in named_files("CONTRIBUTING.md").items():
        (workplace / name).write_text(text)
    for block in blocks("README.md", "sh"):
        for command, verb, *words in block.commands() if not block.reason else []:
            assert command == "gnas", block.place
            run = str(max(workplace.glob("runs/*"), default=None, key=lambda path: path.stat().st_mtime))
            words = [{"runs/…": run, "movielens-small": "smoke"}.get(word, word) for word in words]
            ran = run_gnas(verb, *words, *(OWN_DATA if "--data" in words else []))
            assert ran.code == 0, f"{block.place}: gnas {verb}\n{ran.err}"
    assert pl.read_csv(workplace / "recs.csv").height == 60 * 10


def test_the_python_runs(workplace: Path) -> None:
    (block,) = blocks("README.md", "python")
    names: dict[str, object] = {}
    exec(block.text.replace('"movielens-small"', '"smoke"'), names)
    for line in ("run", "run.best.words", "run.trials.height"):
        assert eval(line, names)
    assert eval("gnas.recommend(run, k=3).columns[:4]", names) == ["user", "item", "rank", "score"]
    assert type(eval("run.model.hetero_data()", names)).__name__ == "HeteroData"


@pytest.mark.parametrize("block", CONFIGS, ids=lambda block: f"line {block.line}")
def test_a_config_can_be_read_and_its_space_drawn_from(block: Block, workplace: Path) -> None:
    path = workplace / "config.yaml"
    path.write_text(block.text)
    assert space_of(load_run_config(str(path))).check(50).refused_share <= 0.05


@pytest.mark.parametrize("block", SPACES, ids=lambda block: f"line {block.line}")
def test_a_space_can_be_drawn_from(block: Block) -> None:
    assert load_space(load_yaml(block.text, block.place)).check(50).refused_share <= 0.05


def test_the_example_of_features_trains(workplace: Path) -> None:
    path = workplace / "features.yaml"
    path.write_text(next(block.text for block in CONFIGS if "links:" in block.text))
    more = ["--set", "search.trials=1", "--set", "search.baselines=false", "--set", "space.dim=8"]
    ran = run_gnas("search", path, "--out", "runs/features", *more, *QUICK)
    assert ran.code == 0, ran.err
