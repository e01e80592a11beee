"""Mean and deviation of the log mel spectrum: an audio encoder without weights."""

from collections.abc import Sequence

import numpy as np

from gnas.config.encoders import Mel
from gnas.features.encoders.base import encode_each
from gnas.features.encoders.weights import identity_of, need
from gnas.features.files import read_sound

RATE = 16_000
WINDOW, HOP, FFT = 400, 160, 512  # 25 ms, 10 ms
SECONDS = 30.0


class MelEncoder:
    """For each mel band the mean over time of its log power, then the standard deviations; 30 s at 16 kHz are read."""

    name = "mel"
    modality = "audio"
    sha256: str | None = None

    def __init__(self, spec: Mel, _fit: Sequence[str], _device: str) -> None:
        need("soundfile", self.name, "audio")
        self.identity = identity_of(spec, None)
        self._filters = mel_filters(spec.bands, RATE, FFT)

    @property
    def dim(self) -> int:
        """Length of a reading."""
        return 2 * len(self._filters)

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Read and summarise the sounds: float32 [n, dim]."""
        return encode_each(values, self.dim, self._read)

    def _read(self, path: str) -> np.ndarray | None:
        sound = read_sound(path, RATE, SECONDS)
        if sound is None:
            return None
        logs = np.log10(self._filters @ _power(sound) + 1e-8)
        return np.concatenate([logs.mean(axis=1), logs.std(axis=1)])


def mel_filters(bands: int, rate: int, fft: int) -> np.ndarray:
    """Triangles between `bands` + 2 points that are equally far apart in mel = 2595·log10(1 + f/700): [bands, bins]."""
    mels = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), bands + 2)
    points = 700 * (10 ** (mels / 2595) - 1)
    bins = np.linspace(0, rate / 2, fft // 2 + 1)
    rising = (bins - points[:-2, None]) / (points[1:-1] - points[:-2])[:, None]
    falling = (points[2:, None] - bins) / (points[2:] - points[1:-1])[:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def _power(sound: np.ndarray) -> np.ndarray:
    """Power of Hann windows: [bins, frames]; a sound shorter than one window is padded with zeros."""
    sound = np.pad(sound, (0, max(0, WINDOW - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP] * np.hanning(WINDOW)
    return np.asarray(np.abs(np.fft.rfft(frames, FFT, axis=1)).T ** 2 / WINDOW)
