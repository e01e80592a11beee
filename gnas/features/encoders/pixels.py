"""The colours of a thumbnail: an image encoder without weights."""

from collections.abc import Sequence

import numpy as np

from gnas.config.encoders import Pixels
from gnas.features.encoders.base import Encoder
from gnas.features.encoders.weights import identity_of, need
from gnas.features.files import read_image


class PixelsEncoder:
    """The picture shrunk to `size` × `size`, its red, green and blue in [0, 1]."""

    name = "pixels"
    modality = "image"
    sha256: str | None = None

    def __init__(self, spec: Pixels) -> None:
        need("PIL", self.name, "image")
        self.size = spec.size
        self.identity = identity_of(spec, None)

    @property
    def dim(self) -> int:
        """Length of a reading."""
        return 3 * self.size**2

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Shrink the pictures: float32 [n, dim]."""
        out = np.full((len(values), self.dim), np.nan, dtype=np.float32)
        for row, path in enumerate(values):
            image = read_image(path)
            if image is not None:
                small = image.resize((self.size, self.size), resample=4)  # 4: box, the mean of the pixels under it
                out[row] = np.asarray(small, dtype=np.float32).ravel() / 255
        return out


def build(spec: Pixels, _fit: Sequence[str], _device: str) -> Encoder:
    """Nothing to load."""
    return PixelsEncoder(spec)
