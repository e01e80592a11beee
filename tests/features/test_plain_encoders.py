"""The encoders without weights, and files that are not what they seem."""

from pathlib import Path

import numpy as np
import pytest

from gnas.config.encoders import AUDIO_ENCODERS, IMAGE_ENCODERS, TEXT_ENCODERS, Mel, Pixels, TfIdf
from gnas.features.encoders.mel import mel_filters
from tests.features.feature_worlds import write_images, write_sounds

TEXTS = ["a red car drives", "a blue car stops", "the red apple", "red red wine", "blue wine and blue apple"]


def test_every_encoder_is_registered() -> None:
    assert [*TEXT_ENCODERS] == ["hf-text", "minilm", "none", "tfidf", "wordllama"]
    assert [*IMAGE_ENCODERS] == ["efficientnet-lite", "hf-image", "none", "pixels"]
    assert [*AUDIO_ENCODERS] == ["hf-audio", "mel", "none"]


def test_tfidf_equals_the_dense_formula() -> None:
    encoder = TfIdf(dim=3, min_count=1).build(TEXTS)
    words = sorted({word for text in TEXTS for word in text.split() if len(word) > 1})
    counts = np.array([[text.split().count(word) for word in words] for text in TEXTS], dtype=float)
    idf = 1 + np.log((1 + len(TEXTS)) / (1 + (counts > 0).sum(0)))
    rows = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * idf
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    left, values, _ = np.linalg.svd(rows, full_matrices=False)
    found = encoder.encode(TEXTS)
    assert encoder.dim == 3
    np.testing.assert_allclose(found @ found.T, (left[:, :3] * values[:3] ** 2) @ left[:, :3].T, atol=1e-5)


def test_tfidf_is_the_same_every_time_and_for_every_neighbour() -> None:
    many = [f"{a} {b} {c}" for a in ["red", "blue", "green"] for b in TEXTS for c in ("one", "two", "three")]
    first, second = (TfIdf(dim=4).build(many) for _ in range(2))
    assert first.identity == second.identity
    np.testing.assert_array_equal(first.encode(many), second.encode(many))
    np.testing.assert_allclose(first.encode(many[:1]), first.encode(many)[:1], atol=1e-6)
    assert np.isnan(first.encode(["unheard of"])).all()


def test_pixels_are_mean_colours(tmp_path: Path) -> None:
    from PIL import Image

    colours = np.zeros((4, 4, 3), dtype=np.uint8)
    colours[:, 2:] = (255, 0, 51)
    Image.fromarray(colours).save(tmp_path / "half.png")
    found = Pixels(size=2).build().encode([str(tmp_path / "half.png")])
    np.testing.assert_allclose(found.reshape(2, 2, 3)[0], np.array([[0, 0, 0], [1, 0, 0.2]]), atol=1e-6)


def test_mel_bands_follow_the_pitch(tmp_path: Path) -> None:
    encoder = Mel(bands=32).build()
    found = encoder.encode(write_sounds(tmp_path, 4))
    assert found.shape == (4, encoder.dim) == (4, 64)
    centres = (mel_filters(32, 16_000, 512) * np.linspace(0, 8000, 257)).sum(1) / mel_filters(32, 16_000, 512).sum(1)
    loudest = centres[found[:, :32].argmax(axis=1)]
    np.testing.assert_allclose(loudest, [220, 440, 660, 880], rtol=0.2)
    np.testing.assert_allclose(encoder.encode([str(tmp_path / "2.wav")]), found[2:3], atol=1e-6)


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_a_broken_or_missing_file_never_ends_a_run(tmp_path: Path, kind: str) -> None:
    good = (write_images if kind == "image" else write_sounds)(tmp_path, 1)[0]
    (tmp_path / "text.bin").write_text("no such thing")
    (tmp_path / "empty.bin").write_bytes(b"")
    (tmp_path / "cut.bin").write_bytes(Path(good).read_bytes()[:40])
    (tmp_path / "folder").mkdir()
    bad = [str(tmp_path / name) for name in ("text.bin", "empty.bin", "cut.bin", "folder", "nowhere")]
    found = (Pixels() if kind == "image" else Mel()).build().encode([*bad, good])
    assert np.isnan(found[:5]).all()
    assert np.isfinite(found[5]).all()
