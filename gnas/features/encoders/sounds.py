"""Shared by the audio encoders: reading sounds one by one."""

from collections.abc import Callable, Sequence

import numpy as np

from gnas.features.files import read_sound


def encode_sounds(
    values: Sequence[str], rate: int, seconds: float, dim: int, read: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """The reading of every sound, float32 [n, dim]; NaN where it cannot be read.

    Args:
        values: paths.
        rate: samples a second that sounds are brought to.
        seconds: length read of each, from its start.
        dim: length of a reading.
        read: from the samples of a sound to its reading [dim].
    """
    out = np.full((len(values), dim), np.nan, dtype=np.float32)
    for row, path in enumerate(values):
        sound = read_sound(path, rate, seconds)
        if sound is not None:
            out[row] = read(sound)
    return out
