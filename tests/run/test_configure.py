from pathlib import Path

import pytest

from gnas.config.data import DataConfig
from gnas.errors import ConfigError
from gnas.run.configure import DEFAULT_TIMEOUT_S, absolute, data_name, settle, settle_config
from gnas.run.settings import Asked


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_data_alone_get_a_default_budget_and_space_and_are_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settled = settle(Asked(data="clicks.csv"))
    assert settled.config.data.source == str(tmp_path / "clicks.csv")
    assert settled.config.search.timeout == DEFAULT_TIMEOUT_S
    assert settled.space_name == "compact"
    assert any("10 minutes" in note for note in settled.notes)
    assert any("compact" in note for note in settled.notes)


@pytest.mark.parametrize(
    "asked",
    [
        Asked(data="c.csv", settings={"search.trials": 5}),
        Asked(data="c.csv", settings={"search.effort": "fast"}),
        Asked(data="c.csv", overrides=("search.max_epochs_total=100",)),
    ],
)
def test_a_named_budget_is_not_added_to(asked: Asked) -> None:
    assert settle(asked).config.search.timeout is None


def test_flags_beat_the_file_and_set_beats_flags(tmp_path: Path) -> None:
    path = write(tmp_path / "c.yaml", "data: {source: synthetic}\nseed: 1\nsearch: {trials: 2, timeout: 5m}\n")
    assert settle(Asked(str(path))).config.seed == 1
    settled = settle(Asked(str(path), settings={"seed": 2, "search.trials": None, "device": "cpu"}))
    assert (settled.config.seed, settled.config.search.trials, settled.config.device) == (2, 2, "cpu")
    assert settle(Asked(str(path), settings={"seed": 2}, overrides=("seed=3",))).config.seed == 3


def test_paths_in_a_file_start_at_the_file_and_those_of_flags_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    text = "data:\n  source: clicks.csv\n  items: {path: items.csv, vectors: {v: v.npy}, folder: images}\n"
    path = write(tmp_path / "deep" / "c.yaml", text)
    monkeypatch.chdir(tmp_path)
    config = settle_config(Asked(str(path), "other.csv"))
    assert config.data.source == str(tmp_path / "other.csv")
    items = config.data.items
    assert items is not None
    assert items.paths == [str(tmp_path / "deep" / "items.csv")]
    assert items.vectors == {"v": str(tmp_path / "deep" / "v.npy")}
    assert items.folder == str(tmp_path / "deep" / "images")


def test_named_data_replace_files_that_are_split_already(tmp_path: Path) -> None:
    path = write(tmp_path / "c.yaml", "data: {train: a.csv, test: b.csv}\n")
    config = settle_config(Asked(str(path), "synthetic"))
    assert (config.data.source, config.data.train, config.data.test) == ("synthetic", None, None)


def test_names_of_the_catalogue_are_not_paths() -> None:
    assert absolute(DataConfig(source="movielens-small"), Path("/x")).source == "movielens-small"
    assert absolute(DataConfig(source="a.csv"), Path("/x")).source == "/x/a.csv"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/d/ml-100k/u.data", "ml-100k"),
        ("/d/clicks.csv.gz", "clicks"),
        ("gowalla", "gowalla"),
        ("/shop/ratings.csv", "shop"),
    ],
)
def test_runs_are_called_by_what_people_call_the_data(source: str, name: str) -> None:
    assert data_name(DataConfig(source=source)) == name


def test_a_space_in_the_file_and_its_constraints(tmp_path: Path) -> None:
    text = (
        "data: {source: synthetic}\nspace:\n  dim: {choice: [8, 16]}\n"
        "  constraints: [{parameters: {max: 5000}}, {coverage@20: {min: 0.3}}]\n"
        "search: {limits: {coverage@20: 0.1}}\n"
    )
    settled = settle(Asked(str(write(tmp_path / "c.yaml", text))))
    assert settled.space_name == "own"
    assert settled.config.search.limits == {"parameters": 5000, "coverage@20": 0.1}


def test_nothing_named_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="no data given: name a configuration"):
        settle(Asked())
