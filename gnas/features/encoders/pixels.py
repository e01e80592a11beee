"""The colours of a thumbnail: an image encoder without weights."""

from collections.abc import Sequence

import numpy as np

from gnas.config.encoders import Pixels
from gnas.features.encoders.base import encode_each
from gnas.features.encoders.weights import identity_of, need
from gnas.features.files import read_image


class PixelsEncoder:
    """The picture shrunk to `size` × `size`, its red, green and blue in [0, 1]."""

    name = "pixels"
    modality = "image"
    sha256: str | None = None

    def __init__(self, spec: Pixels, _fit: Sequence[str], _device: str) -> None:
        need("PIL", self.name, "image")
        self.size = spec.size
        self.identity = identity_of(spec, None)

    @property
    def dim(self) -> int:
        """Length of a reading."""
        return 3 * self.size**2

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Shrink the pictures: float32 [n, dim]."""
        return encode_each(values, self.dim, self._read)

    def _read(self, path: str) -> np.ndarray | None:
        image = read_image(path)
        if image is None:
            return None
        small = image.resize((self.size, self.size), resample=4)  # 4: box, the mean of the pixels under it
        return np.asarray(small, dtype=np.float32).ravel() / 255
