"""Code from outside: what is loaded, what is kept in a run directory, and what is refused, by its sentence."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnas import plugins
from gnas.errors import PluginError


@pytest.fixture(autouse=True)
def _nothing_stays_loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(plugins, "_loaded", {})
    plugins.load_plugins.cache_clear()
    yield
    plugins.load_plugins.cache_clear()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, entry: str, module: str) -> None:
    """A package with one entry point on the path, as pip would leave it."""
    write(folder / "planet.py", module)
    write(folder / "planet-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: planet\nVersion: 1.0\n")
    write(folder / "planet-1.0.dist-info/entry_points.txt", f"[gnas.plugins]\norbit = {entry}\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "planet", raising=False)


def refused(path: Path) -> str:
    with pytest.raises(PluginError) as caught:
        plugins.load_code(path)
    return str(caught.value)


@pytest.mark.parametrize("entry", ["planet", "planet:start"])
def test_an_entry_point_is_a_module_or_a_function_and_runs_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    install(tmp_path, monkeypatch, entry, "runs = []\ndef start():\n    runs.append(1)\n")
    assert plugins.load_plugins() == plugins.load_plugins() == ("orbit",)
    assert sys.modules["planet"].runs == [1] * entry.endswith("start")


def test_an_entry_point_that_fails_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "planet", "\nimport no_such_moon\n")
    with pytest.raises(PluginError) as caught:
        plugins.load_plugins()
    assert str(caught.value) == (
        f"{tmp_path / 'planet.py'}:2: plug-in 'orbit' of planet cannot be loaded: ModuleNotFoundError: "
        "No module named 'no_such_moon'; fix it, or go without it"
    )


def test_a_file_is_imported_once_and_may_hold_dataclasses(tmp_path: Path) -> None:
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    b: int\n"
    path = write(tmp_path / "a.py", text)
    code = plugins.load_code(path)
    assert plugins.load_code(write(tmp_path / "copy/a.py", text)) is code


def test_files_that_cannot_be_loaded_are_one_sentence_each(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    assert refused(path) == f"{path}: cannot be read: No such file or directory; give a file of Python"
    assert refused(write(path, "x = 1\nx = (")) == f"{path}:2: not Python: '(' was never closed; fix the file"
    assert refused(write(path, "\nraise KeyError('k')")) == (
        f"{path}:2: the file cannot be loaded: KeyError: 'k'; fix it, or go without it"
    )
    assert refused(write(path, "import sys\nsys.exit(0)")).startswith(
        f"{path}:2: the file cannot be loaded: SystemExit"
    )
    path.write_bytes(b"x = '\xff'")
    assert refused(path).startswith(f"{path}:1: not Python: ")


def test_two_files_of_one_name_must_be_the_same(tmp_path: Path) -> None:
    first = write(tmp_path / "a.py", "x = 1")
    plugins.load_code(first)
    other = write(tmp_path / "b/a.py", "x = 2")
    assert refused(other) == (
        f"{other} differs from {first}, which is loaded already; give the two files different names, or drop one of "
        "them"
    )


def test_a_run_directory_keeps_the_files_and_refuses_edited_ones(tmp_path: Path) -> None:
    run = tmp_path / "run"
    plugins.keep_code(run)
    plugins.load_kept_code(run)
    assert not run.exists()
    code = plugins.load_code(write(tmp_path / "a.py", "x = 1"))
    plugins.keep_code(run)
    assert (run / "code/sha256").read_text() == f"{code.sha256}  a.py\n"
    plugins._loaded.clear()
    plugins.load_kept_code(run)
    assert plugins._loaded["a.py"].path == run / "code/a.py"
    write(run / "code/a.py", "x = 2")
    with pytest.raises(PluginError, match="was edited after the run began"):
        plugins.load_kept_code(run)
    (run / "code/a.py").unlink()
    with pytest.raises(PluginError, match=r"names .*, which is not beside it"):
        plugins.load_kept_code(run)


@pytest.mark.parametrize("line", ["", "junk", "abc  ../../evil.py", "abc  /etc/passwd", "abc  "])
def test_a_damaged_list_of_hashes_imports_nothing(tmp_path: Path, line: str) -> None:
    write(tmp_path / "evil.py", "raise SystemExit")
    write(tmp_path / "run/code/sha256", f"{line}\n")
    with pytest.raises(PluginError, match="put the folder back as it was"):
        plugins.load_kept_code(tmp_path / "run")
