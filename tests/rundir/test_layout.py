import os
from datetime import datetime
from pathlib import Path

import pytest

from gnas.errors import RunError
from gnas.rundir.layout import create_default_run, create_run, default_path, open_directory


def test_a_new_run_gets_its_folder(tmp_path: Path) -> None:
    run = create_run(tmp_path / "deep" / "run")
    assert run.path.is_dir()
    assert list(run.path.iterdir()) == []
    assert run.model == run.path / "best" / "model.safetensors"


def test_an_existing_run_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunError, match="exists and is not empty; give --out a new folder"):
        create_run(tmp_path)
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert create_run(tmp_path).path == tmp_path


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(RunError, match="is a file"):
        create_run(tmp_path / "x")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that even root cannot write into")
def test_a_read_only_target() -> None:
    with pytest.raises(RunError, match=r"cannot make the run directory .*; give --out a writable folder"):
        create_run(Path("/proc/gnas-run"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(RunError, match="cannot write into"):
        create_run(tmp_path)


def test_default_names_tell_date_data_and_space() -> None:
    now = datetime(2026, 3, 1, 9, 5, 7)
    assert default_path("clicks", "compact", now) == Path("runs/20260301-090507-clicks-compact")
    assert default_path("user data.v2", "../x", now).name == "20260301-090507-user-data.v2-x"


def test_two_runs_in_one_second_get_two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = create_default_run("toy", "smoke"), create_default_run("toy", "smoke")
    assert first.path != second.path
    assert second.path.is_dir()


def test_opening_what_is_not_there_or_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run directory at"):
        open_directory(tmp_path / "none")
    with pytest.raises(RunError, match=r"is not a run directory: config.yaml or data.json is missing"):
        open_directory(tmp_path)
