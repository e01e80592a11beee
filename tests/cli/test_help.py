import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer.main

from gnas import __version__
from gnas.cli.main import app
from tests.cli.gnas_runner import Gnas

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "torch_geometric", "optuna", "polars", "pydantic", "scipy", "numpy", "rich")


def all_commands(command: Any = None, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command that does something, as its words."""
    command = typer.main.get_command(app) if command is None else command
    inner = getattr(command, "commands", None)
    if not inner:
        return [words]
    return [found for name, sub in sorted(inner.items()) for found in all_commands(sub, (*words, name))]


COMMANDS = all_commands()


def gnas_process(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT), **env}
    )


def test_the_commands_are_those_that_are_promised() -> None:
    assert {" ".join(words) for words in COMMANDS} == {
        "search", "evaluate", "train", "finetune", "recommend", "compare", "report", "status", "worker",
        "doctor",
        "data list", "data describe", "data prepare", "space check", "space sample", "space size", "space show",
    }  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_and_the_common_options(words: tuple[str, ...], gnas: Gnas) -> None:
    ran = gnas(*words, "--help")
    assert ran.code == 0
    assert f"gnas {' '.join(words)}" in ran.out.partition("Examples:")[2]
    assert "--json" in ran.out
    assert "--quiet" in ran.out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom gnas.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    ran = gnas_process("-c", code)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.strip() == "[]"
    assert "Find the best graph neural recommender" in ran.stdout


def test_help_answers_at_once() -> None:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        assert gnas_process("-m", "gnas", "--help").returncode == 0
        times.append(time.perf_counter() - started)
    assert min(times) < 0.5


def test_the_shell_completes_commands_and_shipped_names() -> None:
    words = gnas_process("-m", "gnas", _GNAS_COMPLETE="complete_bash", COMP_WORDS="gnas sea", COMP_CWORD="1")
    assert "search" in words.stdout.split()


def test_the_shell_completes_shipped_names() -> None:
    ran = gnas_process("-m", "gnas", _GNAS_COMPLETE="complete_bash", COMP_WORDS="gnas space show spec", COMP_CWORD="3")
    assert ran.stdout.split() == ["spectral"]


def test_version(gnas: Gnas) -> None:
    assert gnas("--version").out == f"gnas {__version__}\n"


def test_an_unknown_option_is_bad_input(gnas: Gnas) -> None:
    ran = gnas("search", "--trails", "3")
    assert ran.code == 2
    assert "--trails" in ran.err
    assert ran.out == ""
