"""Choices with a name and no parameters: activations, combinations, starts, fusions, optimisers.

Each registry here is the only one of its kind. A member knows what builds it, by a reference that is imported when it
is used, and what the rest of gnas must know of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from gnas.config.base import NameIn
from gnas.registry import Registry, resolve


@dataclass(frozen=True)
class Named:
    """What builds it: an object, or `module:name`."""

    builder: str | Callable[..., Any]

    def build(self, *args: Any, **kwargs: Any) -> Any:
        """What `builder` gives."""
        return resolve(self.builder)(*args, **kwargs)


ACTIVATIONS: Registry[str | Callable[..., Any]] = Registry("activation")
"""Functions of a tensor."""
for _name, _function in {
    "identity": "gnas.nn.activations:identity",
    "relu": "torch.nn.functional:relu",
    "leaky_relu": "gnas.nn.activations:leaky_relu",
    "elu": "torch.nn.functional:elu",
    "gelu": "torch.nn.functional:gelu",
    "tanh": "torch:tanh",
    "sigmoid": "torch:sigmoid",
}.items():
    ACTIVATIONS.add(_name, _function)


@dataclass(frozen=True)
class Combination(Named):
    """How the outputs of the layers 0..depth become one; built with (propagation, dim, generator).

    Attributes:
        weighs_layer0: whether it asks for the weight of layer 0.
        joins: whether the layers stand side by side in the result.
        at_once: whether it needs all layers together.
        crosses: whether the layers of items are joined in reverse order.
        frees: whether what a node is met with is a table of its own, not the one that is propagated.
    """

    weighs_layer0: bool = False
    joins: bool = False
    at_once: bool = False
    crosses: bool = False
    frees: bool = False


COMBINES: Registry[Combination] = Registry("combination")
COMBINES.add("last", Combination("gnas.nn.combine:last"))
COMBINES.add("mean", Combination("gnas.nn.combine:mean", weighs_layer0=True))
COMBINES.add("sum", Combination("gnas.nn.combine:summed", weighs_layer0=True))
COMBINES.add("concat", Combination("gnas.nn.combine:Concat", weighs_layer0=True, joins=True, at_once=True))
COMBINES.add("crossed", Combination("gnas.nn.combine:Crossed", joins=True, at_once=True, crosses=True))
COMBINES.add("crossed-free", Combination("gnas.nn.combine:Crossed", joins=True, at_once=True, crosses=True, frees=True))
COMBINES.add("learned", Combination("gnas.nn.combine:Learned"))
COMBINES.add("attention", Combination("gnas.nn.combine:Attention", at_once=True))


@dataclass(frozen=True)
class Start(Named):
    """How the free embeddings start; built with (graph, dim, scale, generator). `scaled`: whether the scale matters."""

    scaled: bool = True


STARTS: Registry[Start] = Registry("start of the embeddings")
STARTS.add("normal", Start("gnas.nn.init:normal_start"))
STARTS.add("xavier", Start("gnas.nn.init:xavier_start", scaled=False))
STARTS.add("svd", Start("gnas.nn.init:svd_start"))


@dataclass(frozen=True)
class Fusion(Named):
    """How the projections of the readings become one; built with (n_readings, dim, generator).

    `projects`: whether there are projections at all.
    """

    projects: bool = True


FUSIONS: Registry[Fusion] = Registry("fusion")
FUSIONS.add("sum", Fusion("gnas.nn.fusion:Summed"))
FUSIONS.add("concat", Fusion("gnas.nn.fusion:Joined"))
FUSIONS.add("gated", Fusion("gnas.nn.fusion:Gated"))
FUSIONS.add("attention", Fusion("gnas.nn.fusion:Attended"))
FUSIONS.add("none", Fusion("gnas.nn.fusion:Summed", projects=False))


@dataclass(frozen=True)
class Optimiser(Named):
    """An optimiser; built with (parameters, learning rate, decoupled weight decay).

    Attributes:
        decoupled: whether it shrinks the parameters itself; else weight decay is a term of the loss.
        by_rows: whether it has an update that leaves rows outside of a step as they are.
    """

    decoupled: bool = False
    by_rows: bool = False


OPTIMIZERS: Registry[Optimiser] = Registry("optimizer")
OPTIMIZERS.add("adam", Optimiser("gnas.train.optimizers:adam", by_rows=True))
OPTIMIZERS.add("adamw", Optimiser("gnas.train.optimizers:adamw", decoupled=True, by_rows=True))
OPTIMIZERS.add("adagrad", Optimiser("gnas.train.optimizers:adagrad"))
OPTIMIZERS.add("sgd", Optimiser("gnas.train.optimizers:sgd"))

Activation = Annotated[str, NameIn(ACTIVATIONS), Field(description="Function after each layer.")]
Combine = Annotated[str, NameIn(COMBINES)]
StartName = Annotated[str, NameIn(STARTS)]
FusionName = Annotated[str, NameIn(FUSIONS)]
OptimizerName = Annotated[str, NameIn(OPTIMIZERS), Field(description="Optimiser of the training.")]
