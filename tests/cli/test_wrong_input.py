"""What a person gets wrong: one clear sentence on stderr, nothing on stdout, exit 2."""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.cli.gnas_runner import Gnas, Ran, write_clicks

HEAD = "user,item,rating,time\n"
ROWS = "".join(
    f"u{user},i{(user + step) % 9},3,{1_600_000_000 + user + step}\n" for user in range(9) for step in range(6)
)


def refused(ran: Ran, *patterns: str) -> None:
    assert ran.code == 2, ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err
    told = ran.err[ran.err.index("Error: ") :]
    for pattern in patterns:
        assert re.search(pattern, told), told


def search(gnas: Gnas, *words: object) -> Ran:
    return gnas("search", "--trials", 1, "--space", "space.yaml", "--quiet", "--out", "run", *words)


@pytest.fixture(autouse=True)
def _space(gnas: Gnas, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("propagation: {lightgcn: {depth: {int: [1, 2]}}}\nepochs: 2\n")
    (tmp_path / "good.csv").write_text(HEAD + ROWS)


@pytest.mark.parametrize(
    ("text", "words", "pattern"),
    [
        (None, (), r"no file or folder .*given\.csv"),
        ("", (), r"given\.csv is empty"),
        (HEAD, (), r"given\.csv is empty|holds no interaction"),
        (HEAD + ROWS, ("--set", "data.columns.user=customer"), r"customer.*known|customer.*columns"),
        (HEAD + ROWS + "u1,i8,good,1600000000\n", (), r"given\.csv, line 56.*'good'"),
        (HEAD + ROWS + "u1,i8,3,-5\n", (), r"given\.csv, line 56.*-5"),
        (HEAD + ROWS + "u1,i8,3,inf\n", (), r"given\.csv, line 56.*inf"),
        (HEAD + "u1,i1,3,1\nu1,i2,3,2\nu1,i3,3,3\n", (), r"one user alone \('u1'\)"),
        (HEAD + ROWS, ("--set", "data.filter.core=50"), r"core"),
        (HEAD + ROWS, ("--set", "data.filter.min_rating=9"), r"min_rating"),
        (HEAD + ROWS, ("--set", "data.split.valid=0.6", "--set", "data.split.test=0.6"), r"valid 0\.6 and test 0\.6"),
    ],
    ids=[
        "missing file", "empty file", "only a header", "missing column", "text for a rating", "negative time",
        "time not a number", "one user", "all filtered by core", "all filtered by rating", "shares beyond one",
    ],
)  # fmt: skip
def test_data(text: str | None, words: tuple[str, ...], pattern: str, gnas: Gnas, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "given.csv").write_text(text)
    refused(search(gnas, "--data", "given.csv", *words), pattern)
    assert not (tmp_path / "run").exists(), "a run that came to nothing leaves no folder"


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("data: {source: good.csv}\ntrian: {epochs: 3}\n", (r"config\.yaml:2: trian: .*did you mean 'train'",)),
        ("data: {source: good.csv}\ntrain: {epochs: 3}\ntrain: {epochs: 4}\n", (r"config\.yaml:3: .*line 2 already",)),
        ("data: {source: good.csv}\ntrain: {epochs: many, patience: -1}\n", (r"train\.epochs", r"train\.patience")),
        ("data: {source: good.csv}\nsearch: {objective: ndgc@20}\n", (r"unknown metric 'ndgc'.*did you mean 'ndcg'",)),
        ("data: {source: good.csv}\nsearch: {sampler: tpee}\n", (r"unknown sampler 'tpee'.*did you mean 'tpe'",)),
        ("data: {source: good.csv}\nsearch: {timeout: soon}\n", (r"search\.timeout.*'soon'",)),
        ("train: {epochs: 3}\n", (r"data",)),
        ("data: [", (r"config\.yaml:\d: not YAML",)),
    ],
    ids=["unknown key", "duplicate key", "two problems", "metric", "sampler", "duration", "no data", "not YAML"],
)
def test_configurations(text: str, patterns: tuple[str, ...], gnas: Gnas, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(text)
    refused(search(gnas, "config.yaml"), *patterns)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("propagation: lightgnc\n", r"space\.yaml:1: .*unknown propagation 'lightgnc' \(did you mean 'lightgcn'"),
        ("loss: {choice: [bpr, hinge]}\n", r"space\.yaml:1: .*unknown loss 'hinge'"),
        ("dim: {choice: [8]}\ndim: {choice: [16]}\n", r"space\.yaml:2: dim: .*line 1 already"),
        ("dmi: {choice: [8]}\n", r"space\.yaml:1: dmi: unknown key \(did you mean 'dim'"),
        ("", r"space\.yaml: the space is empty"),
        ("dim: {choice: []}\n", r"space\.yaml:1: dim"),
        ("dim: {int: [64, 8]}\n", r"space\.yaml:1: dim"),
        (
            "loss: {choice: [bpr, bce]}\nbatch_size: {choice: [64, 128], when: {loss: softmax}}\n",
            r"space\.yaml:2: batch_size",
        ),
    ],
    ids=["op", "loss", "duplicate key", "unknown key", "empty", "empty choice", "range upside down", "contradiction"],
)
def test_spaces(text: str, pattern: str, gnas: Gnas, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(text)
    refused(gnas("space", "check", "space.yaml"), pattern)
    refused(search(gnas, "--data", "good.csv"), pattern)


def test_nothing_to_search_on(gnas: Gnas) -> None:
    refused(gnas("search"), r"no data given: name a configuration")


def test_an_unknown_configuration_names_the_shipped_ones(gnas: Gnas) -> None:
    refused(gnas("search", "movielens-smal"), r"no config 'movielens-smal'")


def test_an_unknown_override(gnas: Gnas) -> None:
    refused(
        search(gnas, "--data", "good.csv", "--set", "train.epoch=3"), r"--set train\.epoch=3.*did you mean 'epochs'"
    )
    refused(search(gnas, "--data", "good.csv", "--set", "epochs"), r"write key\.path=value")


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_a_gpu_that_is_not_there(gnas: Gnas, tmp_path: Path) -> None:
    refused(search(gnas, "--data", "good.csv", "--device", "cuda"), r"device cuda was asked for.*no CUDA device here")
    assert not (tmp_path / "run").exists()


def test_an_unknown_device(gnas: Gnas) -> None:
    refused(search(gnas, "--data", "good.csv", "--device", "gpu"), r"device 'gpu' is not known")


def test_a_run_directory_that_exists(gnas: Gnas, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "note.txt").write_text("mine")
    refused(search(gnas, "--data", "good.csv"), r"run exists and is not empty; give --out a new folder")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place that even root cannot write to")
def test_a_read_only_target(gnas: Gnas, searched: tuple[Path, Ran]) -> None:
    refused(gnas("search", "--data", "good.csv", "--out", "/proc/run"), r"cannot make the run directory /proc/run")
    refused(gnas("recommend", searched[0], "-o", "/proc/recs.csv"), r"cannot write /proc/recs\.csv")


def test_not_a_run_directory(gnas: Gnas, tmp_path: Path) -> None:
    refused(gnas("evaluate", tmp_path), r"is not a run directory: config\.yaml or data\.json is missing")
    refused(gnas("recommend", "nowhere"), r"no run directory at nowhere")
    refused(gnas("search", "--resume", "nowhere"), r"no run directory at nowhere")


def test_a_run_without_a_model_yet(gnas: Gnas, copied: Path) -> None:
    (copied / "best" / "model.safetensors").unlink()
    refused(
        gnas("evaluate", copied), r"has no best model yet: best/model\.safetensors is missing; go on with `gnas search"
    )


@pytest.mark.parametrize(
    "data", [b"", b"not tensors at all", b"\x08\0\0\0\0\0\0\0{}      "], ids=["empty", "text", "bare"]
)
def test_a_corrupt_or_foreign_model(data: bytes, gnas: Gnas, copied: Path) -> None:
    (copied / "best" / "model.safetensors").write_bytes(data)
    for command in ("evaluate", "recommend"):
        refused(gnas(command, copied), r"model\.safetensors (is damaged|is not a model that gnas wrote)")
    assert not (copied / "test.json").exists(), "no look was taken"


def test_a_model_of_another_run(gnas: Gnas, copied: Path, place: Path, tmp_path: Path) -> None:
    write_clicks(tmp_path / "more.csv", users=33)
    made = gnas("train", "lightgcn-1", "--data", "more.csv", "--out", "other", "--set", "train.epochs=1", "--quiet")
    assert made.code == 0, made.err
    (copied / "best" / "model.safetensors").write_bytes(
        (tmp_path / "other" / "best" / "model.safetensors").read_bytes()
    )
    refused(gnas("evaluate", copied), r"model\.safetensors (holds a model of architecture|was trained on other data)")


def test_an_edited_architecture(gnas: Gnas, copied: Path) -> None:
    path = copied / "best" / "architecture.yaml"
    path.write_text(re.sub(r"(?m)^dim: \d+$", "dim: 24", path.read_text()))
    for command in ("evaluate", "recommend"):
        refused(gnas(command, copied), r"architecture\.yaml was edited after its model was trained")


def test_an_edited_space(gnas: Gnas, copied: Path) -> None:
    path = copied / "space.yaml"
    path.write_text(path.read_text().replace("8", "12", 1))
    refused(gnas("search", "--resume", copied), r"space\.yaml was edited since the search began")


def test_a_damaged_record(gnas: Gnas, copied: Path) -> None:
    (copied / "test.json").write_text("{")
    refused(gnas("evaluate", copied), r"test\.json is damaged")


def test_options_that_contradict_each_other(gnas: Gnas, copied: Path) -> None:
    refused(gnas("search", "--resume", copied, "--out", "x"), r"--resume continues in .* itself; drop --out")
    refused(gnas("evaluate", copied, "--seeds", 2), r"is trained already and is measured as it is; drop --seeds")


def test_recommend_into_an_unknown_format_or_folder(gnas: Gnas, searched: tuple[Path, Ran]) -> None:
    refused(
        gnas("recommend", searched[0], "-o", "recs.xlsx"), r"recs\.xlsx: the ending says the format; write one of \.csv"
    )
    refused(gnas("recommend", searched[0], "-o", "no/recs.csv"), r"there is no folder no")


def test_recommend_for_nobody(gnas: Gnas, searched: tuple[Path, Ran], tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("\n")
    refused(gnas("recommend", searched[0], "--users", "ids.txt"), r"ids\.txt is empty")
    refused(gnas("recommend", searched[0], "--users", "none.txt"), r"cannot read none\.txt")
    assert gnas("recommend", searched[0], "-k", "0").code == 2


def test_comparing_what_cannot_be_compared(gnas: Gnas, copied: Path, tmp_path: Path) -> None:
    refused(gnas("compare", copied), r"name two or more different runs")
    refused(gnas("compare", copied, copied), r"name two or more different runs")
    write_clicks(tmp_path / "more.csv", users=33)
    gnas("train", "mf", "--data", "more.csv", "--out", "other", "--set", "train.epochs=1", "--quiet")
    refused(gnas("compare", copied, "other"), r"are about different data or splits .* cannot be compared")


def test_an_unknown_architecture(gnas: Gnas) -> None:
    refused(gnas("train", "lightgnc-2", "--data", "good.csv"), r"lightgnc-2")
    refused(gnas("evaluate", "nothing.yaml", "--data", "good.csv"), r"nothing\.yaml")


def test_errors_under_json_are_an_object_too(gnas: Gnas) -> None:
    ran = gnas("recommend", "nowhere", "--json")
    assert ran.code == 2
    assert json.loads(ran.out) == {"error": {"kind": "RunError", "message": "no run directory at nowhere"}}
    assert ran.err == "Error: no run directory at nowhere\n"


def test_debug_shows_the_traceback(gnas: Gnas) -> None:
    from gnas.errors import RunError

    with pytest.raises(RunError, match="no run directory"):
        gnas("recommend", "nowhere", "--debug")


def test_a_search_in_which_nothing_finishes_ran_and_failed(gnas: Gnas, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(
        "propagation: {lightgcn: {depth: 1}}\nlr: {float: [90, 100]}\noptimizer: sgd\nloss: mse\n"
    )
    ran = search(gnas, "--data", "good.csv", "--objective", "rmse", "--set", "train.epochs=30")
    assert ran.code == 1, ran.err
    assert "no trial was completed" in ran.err
