"""Every example of CONTRIBUTING is a file, and the command below it runs with it."""

import tomllib
from pathlib import Path

import pytest

from gnas import plugins
from tests.cli.gnas_runner import run_gnas
from tests.docs.blocks import Block, blocks, named_files

FILES = named_files("CONTRIBUTING.md")
COMMANDS = [block for block in blocks("CONTRIBUTING.md", "sh") if not block.reason]
SHORT = ["--set", "search.baselines=false", "--set", "search.confirm.top=0"]


@pytest.fixture(scope="module", autouse=True)
def _files(workplace: Path) -> None:
    for name, text in FILES.items():
        (workplace / name).write_text(text)
    (workplace / "clicks.arrows").write_text("ann -> tea\nann -> bread\nbob -> tea\nbob -> milk\ncat -> bread\n")


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: " ".join(block.commands()[0]))
def test_an_example_runs(block: Block, workplace: Path) -> None:
    for index, (command, verb, *words) in enumerate(block.commands()):
        assert command == "gnas", block.place
        assert any(word in FILES for word in words), f"{block.place} uses no example"
        run = workplace / f"runs/{block.line}-{index}"
        words = [str(a_run(workplace)) if word == "runs/…" else word for word in words]
        ran = run_gnas(verb, *words, *(["--out", run, *SHORT] if verb == "search" else []))
        assert ran.code == 0, f"{block.place}\n{ran.err}"
        if verb != "search":
            continue
        code = words[words.index("--code") + 1]
        assert (run / "code" / code).read_text() == FILES[code]
        assert "failed" not in (run / "trials.csv").read_text(), f"{block.place}: a trial failed"
        ran = run_gnas("recommend", run, "-k", "3")
        assert ran.code == 0, ran.err


def a_run(workplace: Path) -> Path:
    """A run without code from outside."""
    out = workplace / "runs/plain"
    if not out.exists():
        ran = run_gnas("search", "smoke", "--trials", "1", "--out", out, *SHORT)
        assert ran.code == 0, ran.err
    return out


def test_every_file_is_used() -> None:
    assert set(FILES) <= {word for block in COMMANDS for words in block.commands() for word in words}


def test_the_entry_point_is_toml() -> None:
    (block,) = blocks("CONTRIBUTING.md", "toml")
    assert tomllib.loads(block.text)["project"]["entry-points"] == {plugins.GROUP: {"mine": "my_package.operators"}}


def test_an_example_is_short() -> None:
    assert FILES
    assert max(text.count("\n") for text in FILES.values()) < 60
