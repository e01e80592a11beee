"""Every file of a run damaged in every way: each command that reads it says so in a sentence, or does without."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gnas.rundir.fork import Fork, write_fork
from gnas.rundir.layout import RunDirectory
from tests.cli.gnas_runner import run_gnas


def _deleted(path: Path) -> None:
    path.unlink()


def _holding(data: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(data)

    return damage


def _truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _not_text(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:10] + b"\xff\xfe" + data[10:])


def _without(index: int) -> Callable[[Path], None]:
    """Without one key of a JSON object; of another file, without a part of its text."""

    def damage(path: Path) -> None:
        tree = _tree(path)
        if tree:
            del tree[list(tree)[index % len(tree)]]
            path.write_text(json.dumps(tree))
        else:
            _truncated(path)

    return damage


def _of_another_type(index: int) -> Callable[[Path], None]:
    """With another type of value under one key of a JSON object; of another file, with another byte."""

    def damage(path: Path) -> None:
        tree = _tree(path)
        if tree:
            key = list(tree)[index % len(tree)]
            tree[key] = 7 if isinstance(tree[key], dict | list | str) else {"odd": [None]}
            path.write_text(json.dumps(tree))
        else:
            data = bytearray(path.read_bytes())
            data[(index * 37) % len(data)] ^= 0x55
            path.write_bytes(data)

    return damage


def _tree(path: Path) -> dict[str, Any] | None:
    if path.suffix != ".json":
        return None
    found: dict[str, Any] = json.loads(path.read_text())
    return found


DAMAGE: dict[str, Callable[[Path], None]] = {
    "deleted": _deleted,
    "empty": _holding(b""),
    "object": _holding(b"{}"),
    "null": _holding(b"null"),
    "list": _holding(b"[]"),
    "numbers": _holding(b"[1]\n"),
    "NULs": _holding(b"\0" * 50),
    "truncated": _truncated,
    "not text": _not_text,
    **{f"without key {index}": _without(index) for index in range(6)},
    **{f"odd key {index}": _of_another_type(index) for index in range(6)},
}
LOOKING = (("status",), ("report",))
"""Commands that only look at a run."""
USING = (("evaluate",), ("recommend",), ("search", "--resume"), ("compare",), ("search", "--fork"))
"""Commands that need its data and its models."""
FILES = (
    "config.yaml", "space.yaml", "space.sha256", "environment.json", "data.json", "study.journal", "trials.parquet",
    "trials.csv", "trials/0000/status.json", "trials/0000/architecture.yaml", "trials/0000/epochs.jsonl",
    "trials/0000/owner", "trials/*/model.safetensors", "confirm/*/*.json", "baselines.json", "pareto.json", "fork.json",
    "best/architecture.yaml", "best/metrics.json", "best/ensemble.json", "best/model.safetensors", "test.json",
    "sessions/*.json", "log.jsonl",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search with everything that a run directory can hold, evaluated once."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    words = ["--trials", "2", "--ensemble", "2", "--objective", "ndcg@20", "--objective", "parameters"]
    settings = ("train.epochs=1", "evaluate.bootstrap=100", "search.confirm={top: 2, seeds: 1}")
    words += [word for setting in settings for word in ("--set", setting)]
    ran = run_gnas("search", "smoke", *words, "--out", folder, "-q")
    assert ran.code == 0, ran.err
    write_fork(RunDirectory(folder), Fork("old", {}, {}))
    ran = run_gnas("evaluate", folder, "-q")
    assert ran.code == 0, ran.err
    return folder


def test_no_file_is_left_out(whole: Path) -> None:
    known = {path for pattern in FILES for path in whole.glob(pattern)}
    left = {path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()}
    left -= {path.relative_to(whole).as_posix() for path in known}
    numbered = ("trials/0001/", "confirm/", "trials/0000/model.safetensors", "code/")
    assert not {name for name in left if not name.endswith(".lock") and not name.startswith(numbered)} - {"report.html"}


FEW = ("deleted", "NULs", "truncated", "without key 1", "odd key 1")


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_told_or_done_without(name: str, whole: Path, tmp_path: Path) -> None:
    """Each kind of damage with one of the commands that look, and with one of those that work."""
    for index, damage in enumerate(FEW):
        check(LOOKING[index % 2], name, damage, whole, tmp_path)
        check(USING[(FILES.index(name) + index) % len(USING)], name, damage, whole, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", [*LOOKING, *USING], ids=" ".join)
def test_every_damage_with_every_command(command: tuple[str, ...], name: str, whole: Path, tmp_path: Path) -> None:
    for damage in DAMAGE:
        check(command, name, damage, whole, tmp_path)


def check(command: tuple[str, ...], name: str, damage: str, whole: Path, place: Path) -> None:
    """The command on a copy of the run with one file damaged: an exit code and at most a sentence, no traceback."""
    run, out = place / "run", place / "out"
    for folder in (run, out):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, run)
    DAMAGE[damage](sorted(run.glob(name))[0])
    more: list[object] = [whole] if command == ("compare",) else []
    more += ["--trials", 1, "--out", out] if "--fork" in command else []
    ran = run_gnas(*command, run, *more, *([] if command in LOOKING else ["-q"]))
    what = f"{' '.join(command)} with {name} {damage}: {ran.code} {ran.err}"
    assert ran.code in (0, 1, 2), what
    if ran.code:
        assert ran.err.startswith("Error: "), what
        assert len(ran.err) < 2000, what
