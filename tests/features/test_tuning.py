"""Encoders with gradients: what is trained and what is not, and that what is saved reads as what was trained."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnas.config.encoders import HuggingFaceAudio, HuggingFaceImage, HuggingFaceText
from gnas.errors import ConfigError
from gnas.features.tuning import kept as keeping
from gnas.features.tuning.encoder import Method, TunedEncoder
from tests.features.feature_worlds import write_images, write_sounds

pytest.importorskip("transformers", reason="the extra `text` is not installed")
import torch

from tests.features import tiny_models as tiny

TEXTS = ["red", "a much longer text about wine and bread", "x", "two words"]


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tuned_bert(folder: Path, method: Method, **options: Any) -> TunedEncoder:
    source = tiny.make(tiny.bert, folder)
    encoder: Any = HuggingFaceText(source=source, **options).build()
    return TunedEncoder(encoder, TEXTS, method, seed=0)


def step(tuned: TunedEncoder, lr: float = 0.01) -> None:
    """Three steps towards readings that are all 1, or −1."""
    optimizer = torch.optim.SGD(tuned.parameters, lr=lr)
    for _ in range(3):
        optimizer.zero_grad()
        found = tuned.read(range(len(tuned.values)))
        (found - torch.ones_like(found).where(torch.arange(found.shape[1]) % 3 > 0, -1.0)).square().sum().backward()
        optimizer.step()


def weights(tuned: TunedEncoder) -> dict[str, Any]:
    return {name: value.detach().clone() for name, value in tuned.encoder.model.network.state_dict().items()}


@pytest.mark.parametrize("n", [1, 2])
def test_only_the_last_layers_change(n: int, tmp_path: Path) -> None:
    tuned = tuned_bert(tmp_path, Method(layers=n))
    before = weights(tuned)
    step(tuned)
    changed = {name for name, value in weights(tuned).items() if not torch.equal(value, before[name])}
    prefixes = tuple(f"encoder.layer.{2 - k}." for k in range(1, n + 1))
    assert changed
    assert all(name.startswith(prefixes) for name in changed)
    trained = [name for name, one in tuned.encoder.model.network.named_parameters() if one.requires_grad]
    never = ("attention.self.key.bias",)  # a softmax over keys does not feel their bias
    assert {name for name in trained if not name.endswith(never)} <= changed


def test_kept_states_give_the_readings_and_gradients_of_the_whole_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned = tuned_bert(tmp_path / "a", Method(layers=1))
    monkeypatch.setattr(keeping.KeptStates, "fill", lambda *_: None)
    whole = tuned_bert(tmp_path / "b", Method(layers=1))
    assert tuned._kept.states
    assert not whole._kept.states
    places = [2, 0, 1]
    found, expected = tuned.read(places), whole.read(places)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    found.square().sum().backward()
    expected.square().sum().backward()
    for one, other in zip(tuned.parameters, whole.parameters, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-6)


def test_nothing_is_kept_above_the_limit(tmp_path: Path) -> None:
    tuned = tuned_bert(tmp_path, Method(layers=1))
    before = tuned.read_all()
    tuned._kept.states.clear()
    tuned._kept.fill(TEXTS, limit_bytes=100)
    assert not tuned._kept.states
    torch.testing.assert_close(tuned.read_all(), before, rtol=1e-5, atol=1e-6)


def test_layers_read_once_are_run_no_more(tmp_path: Path) -> None:
    tuned = tuned_bert(tmp_path, Method(layers=1))
    ran: list[int] = []
    for place, layer in enumerate(tuned.encoder.model.network.encoder.layer):
        layer.attention.register_forward_hook(lambda *_, place=place: ran.append(place))
    tuned.read([0, 1])
    assert set(ran) == {1}


def test_more_layers_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--layers 3: the encoder has 2 layers; give a number from 1 to 2"):
        tuned_bert(tmp_path, Method(layers=3))


MODELS: dict[str, Any] = {
    **{f"text {kind}": (build, HuggingFaceText) for kind, build in tiny.TEXT_MODELS.items()},
    **{f"image {kind}": (build, HuggingFaceImage) for kind, build in tiny.IMAGE_MODELS.items()},
    **{f"audio {kind}": (build, HuggingFaceAudio) for kind, build in tiny.AUDIO_MODELS.items()},
}
QUICK = ("text bert", "image vit")


@pytest.mark.parametrize(
    "kind", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in MODELS]
)
def test_saved_encoders_read_as_the_tuned_ones_do(kind: str, tmp_path: Path) -> None:
    """At no steps that is how the frozen one read; after some it is something else."""
    build, spec = MODELS[kind]
    encoder: Any = spec(source=tiny.make(build, tmp_path / "model")).build()
    values = TEXTS
    if kind.startswith("image"):
        values = write_images(tmp_path, 4)
    elif kind.startswith("audio"):
        values = write_sounds(tmp_path, 4)
    frozen = encoder.encode(values)
    tuned = TunedEncoder(encoder, values, Method(layers=1), seed=0)
    tuned.save(tmp_path / "zero")
    again = spec(source=str(tmp_path / "zero")).build()
    np.testing.assert_allclose(again.encode(values), frozen, atol=1e-5)
    step(tuned, lr=1e-3)
    tuned.save(tmp_path / "some")
    found = spec(source=str(tmp_path / "some")).build().encode(values)
    np.testing.assert_allclose(found, tuned.read_all().numpy(), atol=1e-5)
    assert np.abs(found - frozen).max() > 1e-4


@pytest.mark.parametrize("kind", ["bert", *(pytest.param(name, marks=pytest.mark.slow) for name in ("gpt2", "clip"))])
def test_lora_merged_reads_as_unmerged(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="the extra `finetune` is not installed")
    encoder: Any = HuggingFaceText(source=tiny.make(tiny.TEXT_MODELS[kind], tmp_path / "model")).build()
    frozen = encoder.encode(TEXTS)
    tuned = TunedEncoder(encoder, TEXTS, Method(rank=2), seed=0)
    np.testing.assert_allclose(tuned.read_all().numpy(), frozen, atol=1e-5)
    before = weights(tuned)
    step(tuned, lr=0.003)
    unmerged = tuned.read_all().numpy()
    assert all("lora_" in name for name, value in weights(tuned).items() if not torch.equal(value, before[name]))
    assert np.abs(unmerged - frozen).max() > 1e-3
    tuned.save(tmp_path / "merged")
    assert not list((tmp_path / "merged").glob("adapter*"))
    merged = HuggingFaceText(source=str(tmp_path / "merged")).build().encode(TEXTS)
    np.testing.assert_allclose(merged, unmerged, atol=1e-5)


def test_lora_starts_the_same_from_the_same_seed(tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="the extra `finetune` is not installed")
    state = torch.random.get_rng_state()
    one, two = (tuned_bert(tmp_path / name, Method(rank=2)) for name in "ab")
    assert torch.equal(torch.random.get_rng_state(), state)
    for left, right in zip(one.parameters, two.parameters, strict=True):
        assert torch.equal(left, right)


def test_the_state_can_be_put_back(tmp_path: Path) -> None:
    tuned = tuned_bert(tmp_path, Method(layers=1))
    before, state = tuned.read_all(), tuned.state()
    step(tuned)
    assert not torch.equal(tuned.read_all(), before)
    tuned.restore(state)
    torch.testing.assert_close(tuned.read_all(), before, rtol=0, atol=0)


def test_nothing_to_read(tmp_path: Path) -> None:
    encoder: Any = HuggingFaceText(source=tiny.make(tiny.bert, tmp_path)).build()
    with pytest.raises(ConfigError, match="no user and no item has anything for it to read"):
        TunedEncoder(encoder, [], Method(), seed=0)
