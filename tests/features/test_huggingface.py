"""Every path through Hugging Face models, with tiny random ones from disk and the network forbidden."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnas.config.encoders import HuggingFaceAudio, HuggingFaceImage, HuggingFaceText
from gnas.errors import DataError
from tests.features.feature_worlds import write_images, write_sounds

pytest.importorskip("transformers", reason="the extra `text` is not installed")
from tests.features import tiny_models as tiny

TEXTS = ["red", "a much longer text about wine and bread", "x", "two words"]


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def batch_equals_single(encoder: Any, values: Sequence[str]) -> np.ndarray:
    """The readings, after checking that a value's reading does not depend on its neighbours."""
    together = np.asarray(encoder.encode(values))
    assert together.shape == (len(values), encoder.dim)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    alone = np.concatenate([encoder.encode([value]) for value in values])
    np.testing.assert_allclose(alone, together, atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-4, "different values must read differently"
    return together


def text_encoder(source: str, **options: Any) -> Any:
    return HuggingFaceText(source=source, **options).build()


def test_bert_pooling(tmp_path: Path) -> None:
    """Against the network called by hand, one text at a time and without padding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    source = tiny.make(tiny.bert, tmp_path)
    model, tokenizer = AutoModel.from_pretrained(source).eval(), AutoTokenizer.from_pretrained(source)
    with torch.no_grad():
        states = [model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].numpy() for text in TEXTS]
    expected = {"mean": [s.mean(0) for s in states], "cls": [s[0] for s in states], "last": [s[-1] for s in states]}
    for pooling, rows in expected.items():
        found = batch_equals_single(text_encoder(source, pooling=pooling), TEXTS)
        np.testing.assert_allclose(found, np.stack(rows), atol=1e-5)
    encoder = text_encoder(source, max_length=4)
    np.testing.assert_array_equal(encoder.encode(["ab"]), encoder.encode(["abcdef"]))
    assert np.isnan(encoder.encode(["", "  ", "a"])).all(axis=1).tolist() == [True, True, False]


def test_identity_names_what_a_reading_depends_on(tmp_path: Path) -> None:
    import shutil

    source = tiny.make(tiny.bert, tmp_path / "a")
    shutil.copytree(source, tmp_path / "b")
    first = text_encoder(source)
    assert first.identity == text_encoder(str(tmp_path / "b")).identity
    assert first.identity != text_encoder(source, pooling="cls").identity
    weights = tmp_path / "b" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert first.identity != text_encoder(str(tmp_path / "b")).identity
    with pytest.raises(DataError, match=r"the architecture was made with weights .*, those found here are"):
        text_encoder(str(tmp_path / "b"), sha256=first.sha256)


def test_sentence_transformers_settings_are_read(tmp_path: Path) -> None:
    source = tiny.make(tiny.bert, tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
    modules = tmp_path / "modules.json"
    modules.write_text('[{"type": "sentence_transformers.models.Normalize"}]')
    plain = text_encoder(source, pooling="cls").encode(TEXTS)
    saved = text_encoder(source).encode(TEXTS)
    np.testing.assert_allclose(saved, plain / np.linalg.norm(plain, axis=1, keepdims=True), atol=1e-6)
    modules.write_text('[{"type": "sentence_transformers.models.Dense"}]')
    with pytest.raises(DataError, match="has a dense layer after the pooling"):
        text_encoder(source)


def test_sources_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"nobody/nothing is neither a directory nor .* run `hf download nobody/nothing"
    ):
        text_encoder("nobody/nothing")
    with pytest.raises(DataError, match="is not a directory"):
        text_encoder(str(tmp_path / "nowhere"))
    tiny.make(tiny.bert, tmp_path / "m")
    (tmp_path / "m/model.safetensors").rename(tmp_path / "m/pytorch_model.bin")
    with pytest.raises(DataError, match=r"holds no \.safetensors; pickled weights are not loaded"):
        text_encoder(str(tmp_path / "m"))


def test_code_of_a_model_directory_is_never_run(tmp_path: Path) -> None:
    source = tiny.make(tiny.bert, tmp_path)
    config = tmp_path / "config.json"
    text = config.read_text().replace('"bert"', '"own"').replace("{", '{"auto_map": {"AutoModel": "own.Own"},', 1)
    config.write_text(text)
    (tmp_path / "own.py").write_text("raise SystemExit('was run')")
    with pytest.raises(DataError, match="does not load with"):
        text_encoder(source).encode(["a"])
    package = Path(tiny.__file__).parents[2] / "gnas"
    assert not [file for file in package.rglob("*.py") if "trust_remote_code=True" in file.read_text()]


def test_a_directory_with_parameters_missing_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    source = tiny.make(tiny.bert, tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"lack 1 parameters of the network, such as encoder\.layer\.1\.output"):
        text_encoder(source).encode(["a"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", tiny.TEXT_MODELS)
def test_text_models(kind: str, tmp_path: Path) -> None:
    source = tiny.make(tiny.TEXT_MODELS[kind], tmp_path)
    causal = kind in ("gpt2", "clip")  # their first token has seen nothing of the text
    for pooling in ("auto", "mean", "last", *(() if causal else ("cls",))):
        batch_equals_single(text_encoder(source, pooling=pooling), TEXTS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", tiny.IMAGE_MODELS)
def test_image_models(kind: str, tmp_path: Path) -> None:
    source = tiny.make(tiny.IMAGE_MODELS[kind], tmp_path / "model")
    paths = write_images(tmp_path, 4)
    for pooling in ("auto", "mean", "cls"):
        encoder = HuggingFaceImage(source=source, pooling=pooling).build()
        batch_equals_single(encoder, paths)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    found = encoder.encode([str(tmp_path / "broken.jpg"), paths[0]])
    assert np.isnan(found).all(axis=1).tolist() == [True, False]


@pytest.mark.slow
def test_a_pooler_that_was_never_trained_is_not_used(tmp_path: Path) -> None:
    """ViT for classification is saved without a pooler: loading makes a random one."""
    source = tiny.make(tiny.vit, tmp_path / "model")
    paths = write_images(tmp_path, 2)
    auto, cls = (HuggingFaceImage(source=source, pooling=p).build().encode(paths) for p in ("auto", "cls"))
    np.testing.assert_array_equal(auto, cls)


@pytest.mark.slow
@pytest.mark.parametrize("kind", tiny.AUDIO_MODELS)
def test_audio_models(kind: str, tmp_path: Path) -> None:
    source = tiny.make(tiny.AUDIO_MODELS[kind], tmp_path / "model")
    paths = [*write_sounds(tmp_path, 4), *_long_sound(tmp_path)]
    for pooling in ("auto", "mean"):
        encoder = HuggingFaceAudio(source=source, pooling=pooling).build()
        batch_equals_single(encoder, paths)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    found = encoder.encode([str(tmp_path / "broken.wav"), paths[0]])
    assert np.isnan(found).all(axis=1).tolist() == [True, False]


def _long_sound(folder: Path) -> list[str]:
    """Longer than CLAP's two seconds: its extractor would cut at random."""
    import soundfile

    path = folder / "long.wav"
    soundfile.write(path, 0.3 * np.sin(np.arange(3 * 8000) ** 1.2 / 50), 8000)
    return [str(path)]
