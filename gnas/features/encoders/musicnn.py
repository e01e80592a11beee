"""musicnn, a music tagger: the weights of a PyPI package, read without TensorFlow."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gnas.config.encoders import Musicnn
from gnas.features.encoders.base import ENCODERS, Encoder
from gnas.features.encoders.slaney import mel_power
from gnas.features.encoders.sounds import encode_sounds
from gnas.features.encoders.tf_checkpoint import read_checkpoint
from gnas.features.encoders.weights import check_hash, hash_files, identity_of, need, package_folder

RATE, WINDOW, HOP, BANDS = 16_000, 512, 256, 96
FRAMES = 187
"""Length of a part of a sound: three seconds."""
DIM = 200
EPSILON = 1e-3


class MusicnnEncoder:
    """The last hidden layer of the network that tags music, its mean over parts of three seconds: 200 numbers.

    Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019: filters as high as
    timbres and as long as rhythms, three residual layers over time, the largest and the mean of each over time.
    """

    name = "musicnn"
    modality = "audio"

    def __init__(self, spec: Musicnn, device: str) -> None:
        folder = package_folder(self.name, self.name, "musicnn", alone=True) / f"{spec.trained_on.upper()}_musicnn"
        need("soundfile", self.name, "audio")
        need("transformers", self.name, "audio")
        self._seconds, self._device = spec.seconds, device
        self.sha256 = hash_files([folder / ".data-00000-of-00001"])
        check_hash(spec, self.sha256)
        self.identity = identity_of(spec, self.sha256)
        self._folder = folder

    @property
    def dim(self) -> int:
        """Length of a reading."""
        return DIM

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Read the sounds and run the network: float32 [n, dim]."""
        return encode_sounds(values, RATE, self._seconds, DIM, self._read)

    def _read(self, sound: np.ndarray) -> np.ndarray:
        import torch

        mel = np.log10(1 + 10_000 * mel_power(sound, RATE, WINDOW, HOP, BANDS))
        with torch.inference_mode():
            hidden = self._hidden(torch.from_numpy(_parts(mel)).to(self._device))
            return np.asarray(hidden.mean(0).cpu().numpy())

    def _hidden(self, x_ptf: Any) -> Any:
        """The last hidden layer of each part; x [parts, FRAMES, BANDS] to [parts, DIM]."""
        import torch
        from torch.nn.functional import pad

        x = self._norm(x_ptf[:, None], "")
        tall = [self._block(pad(x, (0, 0, 3, 3)), number, number + 1) for number in (0, 1)]
        long = [
            self._block(pad(x, (0, 0, size // 2 - 1, size // 2)), number, number + 1)
            for number, size in ((2, 128), (3, 64), (4, 32))
        ]
        layers = [torch.cat([*tall, *long], dim=1)]  # [parts, channels, frames]
        for number in (5, 6, 7):
            column = pad(layers[-1].transpose(1, 2)[:, None], (0, 0, 3, 3))
            made = self._block(column, number, number + 1)
            layers.append(made if number == 5 else made + layers[-1])
        features = torch.cat(layers, dim=1)
        pooled = torch.stack([features.amax(2), features.mean(2)], dim=2).flatten(1)
        dense = self._norm(pooled, "_9") @ self._weights["dense/kernel"] + self._weights["dense/bias"]
        return self._norm(dense.relu(), "_10")

    def _block(self, x: Any, convolution: int, norm: int) -> Any:
        """Convolution, relu, normalisation, the largest over frequencies."""
        from torch.nn.functional import conv2d

        name = f"conv2d_{convolution}" if convolution else "conv2d"
        made = conv2d(x, self._weights[f"{name}/kernel"].permute(3, 2, 0, 1), self._weights[f"{name}/bias"]).relu()
        return self._norm(made, f"_{norm}").amax(3)

    def _norm(self, x: Any, suffix: str) -> Any:
        shape = [1, -1] + [1] * (x.dim() - 2)
        name = f"batch_normalization{suffix}"
        gamma, beta, mean, variance = (
            self._weights[f"{name}/{part}"].view(shape) for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return (x - mean) * (gamma / (variance + EPSILON).sqrt()) + beta

    @cached_property
    def _weights(self) -> dict[str, Any]:
        import torch

        found = read_checkpoint(self._folder / ".index", self._folder / ".data-00000-of-00001")
        return {name: torch.from_numpy(value.copy()).to(self._device) for name, value in found.items()}


def _parts(mel: np.ndarray) -> np.ndarray:
    """Whole parts one after the other; a sound shorter than one is filled with zeros: [parts, FRAMES, BANDS]."""
    filled = np.pad(mel, ((0, max(0, FRAMES - len(mel))), (0, 0)))
    n = len(filled) // FRAMES
    return filled[: n * FRAMES].reshape(n, FRAMES, BANDS).astype(np.float32)


@ENCODERS.register("musicnn")
def build(spec: Musicnn, *, fit: Sequence[str], device: str) -> Encoder:  # noqa: ARG001
    """Find the package's files."""
    return MusicnnEncoder(spec, device)
