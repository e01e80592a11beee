"""Reads pictures and sounds. A missing or broken file is None, never an error."""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np


def read_image(path: str | Path) -> Any:
    """The picture as a `PIL.Image` in RGB, turned as its EXIF data says; None where it is missing or broken."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore")  # of odd but readable files
            image.draft("RGB", (512, 512))  # JPEG: decode at the nearest larger size
            return ImageOps.exif_transpose(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        return None


def read_sound(path: str | Path, rate: int, seconds: float) -> np.ndarray | None:
    """At most `seconds` from the start, as one channel at `rate`: float32 [samples]; None where missing or broken."""
    import soundfile
    from scipy.signal import resample_poly

    try:
        with soundfile.SoundFile(str(path)) as file:
            own = file.samplerate
            sound = file.read(math.ceil(seconds * own), dtype="float32", always_2d=True).mean(axis=1)
    except (OSError, RuntimeError, ValueError):  # soundfile's own error is a RuntimeError
        return None
    if not len(sound) or not np.isfinite(sound).all():
        return None
    common = math.gcd(own, rate)
    if own != rate:
        sound = resample_poly(sound, rate // common, own // common)
    return np.asarray(sound[: int(seconds * rate)], dtype=np.float32)
