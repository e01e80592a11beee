"""Vision encoders of Hugging Face: CLIP, SigLIP, DINOv2, ViT, ResNet and others."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from gnas.config.encoders import HuggingFaceImage
from gnas.features.encoders.base import Encoder
from gnas.features.encoders.hf import FrozenModel, HuggingFaceEncoder, head_output
from gnas.features.encoders.weights import need
from gnas.features.files import read_image

BATCH = 16


class HuggingFaceImageEncoder(HuggingFaceEncoder):
    """One vector a picture.

    Pooling `auto`: the model's image head (CLIP, SigLIP); a pooler that was trained; the mean over places of a feature
    map (ResNet); else the first token. `mean` and `cls` read the last hidden states. A missing or broken file is NaN.
    """

    modality = "image"

    def sample(self) -> Any:
        """A black picture."""
        from PIL import Image

        return Image.new("RGB", (64, 64))

    def batches(self, values: Sequence[str]) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """Pixels of all pictures that can be read."""
        for start in range(0, len(values), BATCH):
            images = [read_image(path) for path in values[start : start + BATCH]]
            rows = [start + at for at, image in enumerate(images) if image is not None]
            if rows:
                yield rows, self.inputs([image for image in images if image is not None])

    def inputs(self, values: list[Any]) -> dict[str, Any]:
        """Pixels of pictures."""
        pixels = self._processor(images=values, return_tensors="pt")["pixel_values"]
        return {"pixel_values": pixels.to(self.model.device)}

    def vectors(self, inputs: dict[str, Any]) -> Any:
        """Readings of pixels: [B, dim]."""
        network = self.model.network
        if self.pooling == "auto" and hasattr(network, "get_image_features"):
            return head_output(network.get_image_features(**inputs))
        network = getattr(network, "vision_model", network)
        output = network(**inputs)
        states = output.last_hidden_state
        if states.ndim == 4:
            return states.mean((2, 3))
        trained = not any("pool" in key or "head" in key for key in self.model.untrained)
        if self.pooling == "auto" and trained and getattr(output, "pooler_output", None) is not None:
            return output.pooler_output
        return states.mean(1) if self.pooling == "mean" else states[:, -1 if self.pooling == "last" else 0]

    @cached_property
    def _processor(self) -> Any:
        return self.model.part("AutoImageProcessor", backend="pil")  # the same everywhere, torchvision or not


def build(spec: HuggingFaceImage, _fit: Sequence[str], device: str) -> Encoder:
    """Find the model's directory, or the hub's copy."""
    need("PIL", spec.kind, "image")
    return HuggingFaceImageEncoder(spec, FrozenModel(spec, spec.source, spec.revision, "image", device))
