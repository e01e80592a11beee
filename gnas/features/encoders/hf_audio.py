"""Audio encoders of Hugging Face: wav2vec2, AST, Whisper's encoder, CLAP and others."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gnas.config.encoders import HuggingFaceAudio
from gnas.features.encoders.base import Encoder
from gnas.features.encoders.hf import FrozenModel, HuggingFaceEncoder, head_output
from gnas.features.encoders.weights import need
from gnas.features.files import read_sound

BATCH = 8
SHORTEST = 0.1
"""Seconds; shorter sounds are padded with silence to this, below which networks over raw sound have no output."""


class HuggingFaceAudioEncoder(HuggingFaceEncoder):
    """One vector a sound.

    Pooling `auto`: the model's audio head (CLAP) or trained pooler (AST), else the mean over time; Whisper's padding
    to 30 s is left out of the mean. Networks over raw sound (wav2vec2) get sounds of equal length together and never
    see padding, on which their normalisation would depend. A missing or broken file is NaN.
    """

    modality = "audio"

    def __init__(self, spec: HuggingFaceAudio, model: FrozenModel) -> None:
        super().__init__(spec, model)
        self._most_seconds = spec.seconds

    def sample(self) -> np.ndarray:
        """A second of silence."""
        return np.zeros(self._rate, dtype=np.float32)

    def batches(self, values: Sequence[str]) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """What the extractor makes of all sounds that can be read."""
        for start in range(0, len(values), 8 * BATCH):
            part = list(values[start : start + 8 * BATCH])
            sounds = {start + at: sound for at, path in enumerate(part) if (sound := self._read(path)) is not None}
            for rows in self._groups(sounds):
                yield rows, self.inputs([sounds[row] for row in rows])

    def _read(self, path: str) -> np.ndarray | None:
        sound = read_sound(path, self._rate, self._seconds)
        return sound if sound is None else np.pad(sound, (0, max(0, int(SHORTEST * self._rate) - len(sound))))

    def _groups(self, sounds: dict[int, np.ndarray]) -> Iterator[list[int]]:
        rows = sorted(sounds, key=lambda row: len(sounds[row]))
        while rows:
            batch = rows[:BATCH]
            if self._raw:
                batch = [row for row in batch if len(sounds[row]) == len(sounds[batch[0]])]
            yield batch
            rows = rows[len(batch) :]

    def inputs(self, values: list[Any]) -> dict[str, Any]:
        """What the extractor makes of sounds."""
        import torch

        inputs = self._extractor(values, sampling_rate=self._rate, return_tensors="pt", **self._options)
        if "is_longer" in inputs:  # CLAP's extractor sets one of a batch at random
            inputs["is_longer"] = torch.zeros(len(values), 1, dtype=torch.bool)
        return {name: value.to(self.model.device) for name, value in inputs.items()}

    def vectors(self, inputs: dict[str, Any]) -> Any:
        """Readings of sounds: [B, dim]."""
        inputs = dict(inputs)
        network, pooling = self.model.network, self.pooling
        if pooling == "auto" and hasattr(network, "get_audio_features"):
            return head_output(network.get_audio_features(**inputs))
        frames = inputs.pop("attention_mask", None)
        network = getattr(network, "audio_model", network)
        network = network.get_encoder() if network.config.is_encoder_decoder else network
        output = network(**inputs)
        states = output.last_hidden_state
        states = states.flatten(2).transpose(1, 2) if states.ndim == 4 else states
        trained = not any("pool" in key for key in self.model.untrained)
        if pooling == "auto" and trained and getattr(output, "pooler_output", None) is not None:
            return output.pooler_output
        if pooling in ("cls", "last"):
            return states[:, 0 if pooling == "cls" else -1]
        if frames is None or self._raw:
            return states.mean(1)
        step = frames.shape[1] // states.shape[1]
        mask = frames[:, : step * states.shape[1] : step].to(states.dtype)[..., None]
        return (states * mask).sum(1) / mask.sum(1).clamp(min=1)

    @cached_property
    def _extractor(self) -> Any:
        return self.model.part("AutoFeatureExtractor")

    @property
    def _rate(self) -> int:
        return int(self._extractor.sampling_rate)

    @property
    def _seconds(self) -> float:
        """CLAP's extractor cuts longer sounds at random places: they are cut at its limit before it sees them."""
        own = getattr(self._extractor, "max_length_s", None)
        return min(self._most_seconds, float(own)) if own else self._most_seconds

    @property
    def _raw(self) -> bool:
        return hasattr(self.model.network.config, "conv_kernel")

    @property
    def _options(self) -> dict[str, Any]:
        """Whisper's extractor is asked which frames are real."""
        return {"return_attention_mask": True} if self.model.network.config.is_encoder_decoder else {}


def build(spec: HuggingFaceAudio, _fit: Sequence[str], device: str) -> Encoder:
    """Find the model's directory, or the hub's copy."""
    need("soundfile", spec.kind, "audio")
    return HuggingFaceAudioEncoder(spec, FrozenModel(spec, spec.source, spec.revision, "audio", device))
