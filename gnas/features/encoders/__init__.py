"""The encoders, one file each. Importing this registers them; libraries and weights are loaded when they are used."""

from gnas.features.encoders import (
    efficientnet_lite,
    hf_audio,
    hf_image,
    hf_text,
    mel,
    musicnn,
    pixels,
    resemblyzer,
    tfidf,
    wordllama,
)
from gnas.features.encoders.base import ENCODERS, Encoder, build_encoder

__all__ = ["ENCODERS", "Encoder", "build_encoder"]
_MEMBERS = (efficientnet_lite, hf_audio, hf_image, hf_text, mel, musicnn, pixels, resemblyzer, tfidf, wordllama)
