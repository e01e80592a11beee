"""The encoders, one file each. Libraries and weights load on use."""

from gnas.features.encoders.base import Encoder, build_encoder

__all__ = ["Encoder", "build_encoder"]
