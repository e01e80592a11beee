import os
import subprocess
import sys
from pathlib import Path

import pytest

from gnas.config import shipped
from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Trained
from gnas.config.load import load_architecture, load_run_config
from gnas.config.yaml import dump_yaml
from gnas.errors import ConfigError
from gnas.space.load import load_space, space_of
from tests.forms import trained


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_shipped_config_is_found_by_name_from_anywhere() -> None:
    loaded = load_run_config("smoke")
    assert loaded.config.data.source == "synthetic"
    assert loaded.path is not None
    assert loaded.base == loaded.path.parent
    assert "dim" in space_of(loaded).parameters()


def test_shipped_files_are_found_inside_an_installed_package_first(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = elsewhere / "site" / "gnas"
    (package / "config").mkdir(parents=True)
    monkeypatch.setattr(shipped, "__file__", str(package / "config" / "shipped.py"))
    (elsewhere / "site" / "configs").mkdir()
    (elsewhere / "site" / "configs" / "checkout.yaml").touch()
    assert shipped.names("configs") == ["checkout"]
    (package / "shipped" / "configs").mkdir(parents=True)
    (package / "shipped" / "configs" / "mine.yaml").touch()
    assert shipped.names("configs") == ["mine"]
    assert shipped.find("configs", "mine") == package / "shipped" / "configs" / "mine.yaml"


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no config 'smok': .*did you mean 'smoke'\? known: amazon-electronics, "):
        load_run_config("smok")
    with pytest.raises(ConfigError, match=r"no search space 'dir/compct.yaml': .*did you mean 'compact'\?"):
        load_space("dir/compct.yaml")
    with pytest.raises(ConfigError, match=r"no architecture 'lightgcn-9': .*did you mean 'lightgcn-"):
        load_architecture("lightgcn-9")
    with pytest.raises(ConfigError, match=r"is a folder, not a config file"):
        load_run_config(".")


def test_paths_start_at_the_files_folder(elsewhere: Path) -> None:
    (elsewhere / "sub").mkdir()
    (elsewhere / "sub" / "my-space.yaml").write_text("dim: {choice: [3, 5]}")
    (elsewhere / "sub" / "my.yaml").write_text("data: {source: x.csv}\nspace: my-space.yaml")
    loaded = load_run_config("sub/my.yaml")
    assert loaded.base == elsewhere / "sub"
    assert str(space_of(loaded).parameters()["dim"]) == "3, 5"


def test_overrides_alone_make_a_config(elsewhere: Path) -> None:
    loaded = load_run_config(None, [("data.source", "a.csv"), "search.timeout=1h30m"])
    assert (loaded.path, loaded.base) == (None, elsewhere)
    assert loaded.config.search.timeout == 5400
    with pytest.raises(ConfigError, match=r"^command line: data: missing"):
        load_run_config(None, [])


def test_a_space_inside_a_config_is_told_with_the_configs_lines(elsewhere: Path) -> None:
    (elsewhere / "a.yaml").write_text("data: {source: x}\nspace:\n  extends: compact\n  dimm: 3\n  lr: {int: [3, 1]}\n")
    with pytest.raises(ConfigError) as caught:
        space_of(load_run_config("a.yaml"))
    first, second = caught.value.problems
    assert first.startswith("a.yaml:4: dimm: unknown key (did you mean 'dim'?")
    assert second == "a.yaml:5: lr: the lowest comes first: 3 is above 1; write [1, 3]"


def test_a_space_with_overrides(elsewhere: Path) -> None:
    space = load_space("compact", overrides=["dim=64", "lr={float: [0.01, 0.02]}"])
    assert "dim" not in space.parameters()
    assert str(space.parameters()["lr"]) == "0.01 to 0.02"
    with pytest.raises(ConfigError, match=r"--set dimm=3: dimm: unknown key"):
        load_space("compact", overrides=["dimm=3"])


def test_a_resolved_config_reads_back_equal(elsewhere: Path) -> None:
    for name in shipped.names("configs"):
        config = load_run_config(name).config
        (elsewhere / "config.yaml").write_text(dump_yaml(config.model_dump(mode="python")))
        assert load_run_config("config.yaml").config == config


@pytest.mark.parametrize("name", list(ANCHORS))
def test_an_architecture_is_read_by_name_and_from_its_own_file(name: str, elsewhere: Path) -> None:
    architecture = load_architecture(name)
    (elsewhere / "architecture.yaml").write_text(dump_yaml(architecture.written()))
    assert load_architecture("architecture.yaml") == architecture == ANCHORS[name]
    changed = load_architecture("architecture.yaml", ["dim=7"])
    assert changed.written().get("dim") == (7 if architecture.trained else None)


def test_a_partial_architecture_file_takes_the_defaults(elsewhere: Path) -> None:
    (elsewhere / "a.yaml").write_text("propagation: gcn\nloss: {softmax: {temperature: 0.2}}")
    architecture = load_architecture("a.yaml")
    assert architecture.kind == "gcn"
    assert trained(architecture).lr == trained(Trained()).lr


def test_reading_configs_needs_neither_torch_nor_optuna() -> None:
    code = (
        "import sys; from gnas.config.load import load_run_config; from gnas.space.load import space_of;"
        "space_of(load_run_config('smoke')).size();"
        "print(sorted({'torch', 'optuna', 'torch_geometric', 'scipy', 'polars'} & set(sys.modules)))"
    )
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.stdout.strip() == "[]"
