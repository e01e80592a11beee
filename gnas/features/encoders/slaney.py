"""The mel spectrum that audio networks of the 2010s were trained on: librosa's, by way of transformers."""

from functools import lru_cache

import numpy as np


def mel_power(sound: np.ndarray, rate: int, window: int, hop: int, bands: int) -> np.ndarray:
    """Power in Slaney's mel bands of Hann windows centred every `hop` samples: float32 [frames, bands].

    A sound shorter than a window is filled with zeros.
    """
    from transformers.audio_utils import spectrogram, window_function

    filled = np.pad(sound, (0, max(0, window - len(sound))))
    power = spectrogram(
        filled, window_function(window, "hann"), window, hop,
        fft_length=window, power=2.0, pad_mode="constant", mel_filters=_filters(rate, window, bands),
    )  # fmt: skip
    return np.asarray(power, dtype=np.float32).T


@lru_cache
def _filters(rate: int, window: int, bands: int) -> np.ndarray:
    from transformers.audio_utils import mel_filter_bank

    made: np.ndarray = mel_filter_bank(window // 2 + 1, bands, 0.0, rate / 2, rate, norm="slaney", mel_scale="slaney")
    return made
