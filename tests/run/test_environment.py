import json
from pathlib import Path

import torch

from gnas.run.environment import describe_environment, git_state, versions


def test_environment_is_json_and_names_what_matters(tmp_path: Path) -> None:
    found = describe_environment(torch.device("cpu"), 7, ["gnas", "search"])
    assert json.loads(json.dumps(found)) == found
    assert found["seed"] == 7
    assert found["device"] == {"name": "cpu"}
    assert found["command"] == ["gnas", "search"]
    assert (
        found["versions"]["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    )  # its build may go unnamed


def test_every_dependency_is_named_with_its_version() -> None:
    assert all(versions().values())


def test_outside_a_checkout_there_is_no_git_state(tmp_path: Path) -> None:
    (tmp_path / "gnas").mkdir()
    assert git_state(tmp_path / "gnas") is None
