import json
from pathlib import Path

import torch

from gnas.run.environment import describe_environment, git_state, versions
from gnas.rundir.beginning import DeviceFacts
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import write_record


def test_environment_is_json_and_names_what_matters(tmp_path: Path) -> None:
    found = describe_environment(torch.device("cpu"), 7)
    write_record(RunDirectory(tmp_path).environment, found)
    assert json.loads((tmp_path / "environment.json").read_text())["machine"]["system"] == found.machine.system
    assert found.seed == 7
    assert found.device == DeviceFacts("cpu")
    assert found.command[0] == "gnas"
    version = found.versions["torch"]
    assert version is not None
    assert version.partition("+")[0] == torch.__version__.partition("+")[0], "its build may go unnamed"


def test_every_dependency_is_named_with_its_version() -> None:
    assert all(versions().values())


def test_outside_a_checkout_there_is_no_git_state(tmp_path: Path) -> None:
    (tmp_path / "gnas").mkdir()
    assert git_state(tmp_path / "gnas") is None
