"""Devices by name, and what a candidate costs."""

import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.errors import DeviceError
from gnas.train.costs import latency_ms, parameters, watch_peak
from gnas.train.device import resolve_device
from tests.train.planted_worlds import CPU, blocks, build_for


def with_gpus(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: n > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n)


@pytest.mark.parametrize(
    ("n", "name", "expected"),
    [
        (0, "auto", "cpu"),
        (2, "auto", "cuda:0"),
        (2, "cpu", "cpu"),
        (1, "cuda", "cuda:0"),
        (2, "cuda:1", "cuda:1"),
    ],
)
def test_names(monkeypatch: pytest.MonkeyPatch, n: int, name: str, expected: str) -> None:
    with_gpus(monkeypatch, n)
    assert resolve_device(name) == torch.device(expected)


@pytest.mark.parametrize(
    ("n", "name", "sentence"),
    [
        (0, "cuda", "device cuda was asked for, but there is no CUDA device here, only the CPU"),
        (0, "cuda:1", "device cuda:1 was asked for, but there is no CUDA device"),
        (2, "cuda:2", "device cuda:2 was asked for, but the CUDA devices here are cuda:0, cuda:1"),
        (2, "gpu", "device 'gpu' is not known; write auto, cpu, cuda or cuda:1"),
        (2, "cuda:x", "device 'cuda:x' is not known"),
        (2, "cuda:-1", "device 'cuda:-1' is not known"),
    ],
)
def test_what_is_not_there(monkeypatch: pytest.MonkeyPatch, n: int, name: str, sentence: str) -> None:
    with_gpus(monkeypatch, n)
    with pytest.raises(DeviceError) as raised:
        resolve_device(name)
    assert str(raised.value).startswith(sentence)


def test_parameters_and_latency() -> None:
    world = blocks()
    model = build_for(world, Architecture.model_validate({"dim": 5}))
    assert parameters(model) == 48 * 5
    assert parameters(object()) == 0  # type: ignore[arg-type]
    assert 0 < latency_ms(model, CPU) < 1000


def test_peak_of_memory() -> None:
    peak_mib = watch_peak(CPU)
    before = peak_mib()
    block = torch.ones(2**25)
    after = peak_mib()
    del block
    assert after - before > 64
    assert after - before < 1024
    assert peak_mib() >= after - 16, "the mark stays when the block is gone; the kernel counts in batches"
