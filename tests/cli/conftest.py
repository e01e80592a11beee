import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.cli.gnas_runner import SPACE, Gnas, Ran, run_gnas, search_words, write_clicks


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is read from or left in the user's cache, and `searched` finds an empty one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def gnas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gnas:
    """The command line, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return run_gnas


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data and a space."""
    folder = tmp_path_factory.mktemp("place")
    write_clicks(folder / "clicks.csv")
    (folder / "space.yaml").write_text(SPACE)
    return folder


@pytest.fixture(scope="session")
def searched(place: Path) -> tuple[Path, Ran]:
    """A finished search with baselines, shared by the tests that only read it, and what it said."""
    run = place / "searched"
    ran = run_gnas(*search_words(place, run, "--timeout", "20m"))
    assert ran.code == 0, ran.err
    return run, ran


@pytest.fixture
def copied(searched: tuple[Path, Ran], tmp_path: Path) -> Path:
    """The finished search again, to be changed at will."""
    shutil.copytree(searched[0], tmp_path / "run")
    return tmp_path / "run"
