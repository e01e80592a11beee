"""Resemblyzer, a speaker encoder: the weights of a PyPI package, read without importing it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gnas.config.encoders import Resemblyzer
from gnas.features.encoders.base import ENCODERS, Encoder
from gnas.features.encoders.slaney import mel_power
from gnas.features.encoders.sounds import encode_sounds
from gnas.features.encoders.weights import check_hash, hash_files, identity_of, need, package_folder

RATE, WINDOW, HOP, BANDS = 16_000, 400, 160, 40  # 25 ms, 10 ms
FRAMES, STEP = 160, 77
"""Length of a part of a sound, and from one part to the next, in frames of 10 ms."""
LOUDNESS = 10 ** (-30 / 20)
"""Root mean square to which quieter sounds are raised: −30 dB of full scale."""
HIDDEN, LAYERS, DIM = 256, 3, 256


class ResemblyzerEncoder:
    """The mean over parts of 1.6 s of an LSTM's last state, mapped and brought to length 1: who speaks.

    Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP 2018, as trained by Corentin Jemine.
    Silence is not cut out, which the package does with a library of its own.
    """

    name = "resemblyzer"
    modality = "audio"

    def __init__(self, spec: Resemblyzer, device: str) -> None:
        folder = package_folder(self.name, self.name, "resemblyzer", alone=True)
        need("soundfile", self.name, "audio")
        need("transformers", self.name, "audio")
        self._seconds, self._device, self._weights = spec.seconds, device, folder / "pretrained.pt"
        self.sha256 = hash_files([self._weights])
        check_hash(spec, self.sha256)
        self.identity = identity_of(spec, self.sha256)

    @property
    def dim(self) -> int:
        """Length of a reading."""
        return DIM

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Read the sounds and run the network: float32 [n, dim]."""
        return encode_sounds(values, RATE, self._seconds, DIM, self._read)

    def _read(self, sound: np.ndarray) -> np.ndarray:
        import torch
        from torch.nn.functional import normalize

        parts = torch.from_numpy(_parts(self._mel(sound))).to(self._device)
        lstm, linear = self._network
        with torch.inference_mode():
            state = lstm(parts)[1][0][-1]
            mean = normalize(linear(state).relu(), dim=1).mean(0)
            return np.asarray(normalize(mean, dim=0).cpu().numpy())

    def _mel(self, sound: np.ndarray) -> np.ndarray:
        """Power in mel bands, not its logarithm: [frames, BANDS]."""
        rms = float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0
        louder = sound * (LOUDNESS / rms) if 0 < rms < LOUDNESS else sound
        return mel_power(louder, RATE, WINDOW, HOP, BANDS)

    @cached_property
    def _network(self) -> tuple[Any, Any]:
        import torch

        state = torch.load(self._weights, map_location="cpu", weights_only=True)["model_state"]
        lstm = torch.nn.LSTM(BANDS, HIDDEN, LAYERS, batch_first=True)
        linear = torch.nn.Linear(HIDDEN, DIM)
        for name, module in (("lstm", lstm), ("linear", linear)):
            own = {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}
            module.load_state_dict(own)
            module.to(self._device).eval()
        return lstm, linear


def _parts(mel: np.ndarray) -> np.ndarray:
    """Overlapping parts of FRAMES frames, the last one filled with zeros where less than a quarter is missing.

    A sound shorter than one part is one part, filled: [parts, FRAMES, BANDS].
    """
    starts = [start for start in range(0, max(1, len(mel)), STEP) if not start or len(mel) - start >= 0.75 * FRAMES]
    padded = np.pad(mel, ((0, FRAMES), (0, 0)))
    return np.stack([padded[start : start + FRAMES] for start in starts])


@ENCODERS.register("resemblyzer")
def build(spec: Resemblyzer, *, fit: Sequence[str], device: str) -> Encoder:  # noqa: ARG001
    """Find the package's file."""
    return ResemblyzerEncoder(spec, device)
