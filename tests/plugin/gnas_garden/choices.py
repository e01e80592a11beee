"""What can be written in a space: an operator, a loss, an encoder of texts."""

from typing import Annotated, ClassVar

from pydantic import Field

from gnas.config.base import register
from gnas.config.encoders import TEXT_ENCODERS, EncoderSpec
from gnas.config.losses import LOSSES, Sampled
from gnas.config.propagation import PROPAGATIONS, Layered


@register(PROPAGATIONS)
class LazyWalk(Layered):
    """A step to the neighbours with the chance 1 − `stay`."""

    kind: ClassVar[str] = "lazy-walk"
    builder: ClassVar[str] = "gnas_garden.torch_parts:LazyWalkLayer"
    stay: Annotated[float, Field(ge=0, le=1)] = 0.5


@register(LOSSES)
class SquaredHinge(Sampled):
    """max(0, margin − s⁺ + s⁻)²."""

    kind: ClassVar[str] = "squared-hinge"
    builder: ClassVar[str] = "gnas_garden.torch_parts:squared_hinge"
    margin: Annotated[float, Field(gt=0)] = 1.0


@register(TEXT_ENCODERS)
class Letters(EncoderSpec):
    """How often each letter occurs."""

    kind: ClassVar[str] = "letters"
    builder: ClassVar[str] = "gnas_garden.letters:LettersEncoder"
    pretrained: ClassVar[bool] = False
