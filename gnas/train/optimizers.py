"""The optimisers that an architecture can name."""

from collections.abc import Callable, Iterable

from torch import nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

from gnas.config.architecture import Architecture
from gnas.registry import Registry

OPTIMIZERS: Registry[Callable[[Iterable[nn.Parameter], float, float], Optimizer]] = Registry("optimizer")
"""From parameters, learning rate and decoupled weight decay."""


@OPTIMIZERS.register("adam")
def _adam(parameters: Iterable[nn.Parameter], lr: float, decay: float) -> Optimizer:  # noqa: ARG001
    return Adam(parameters, lr=lr, fused=True)


@OPTIMIZERS.register("adamw")
def _adamw(parameters: Iterable[nn.Parameter], lr: float, decay: float) -> Optimizer:
    return AdamW(parameters, lr=lr, weight_decay=decay, fused=True)


@OPTIMIZERS.register("adagrad")
def _adagrad(parameters: Iterable[nn.Parameter], lr: float, decay: float) -> Optimizer:  # noqa: ARG001
    return Adagrad(parameters, lr=lr, foreach=True)


@OPTIMIZERS.register("sgd")
def _sgd(parameters: Iterable[nn.Parameter], lr: float, decay: float) -> Optimizer:  # noqa: ARG001
    return SGD(parameters, lr=lr, momentum=0.9, fused=True)


DECOUPLED = frozenset({"adamw"})
"""These shrink the parameters themselves; for all others weight decay is a term of the loss."""


def build_optimizer(architecture: Architecture, model: nn.Module) -> Optimizer:
    """The optimiser of `architecture` over the parameters of `model`, one fused update a step."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return OPTIMIZERS[architecture.optimizer](parameters, architecture.lr, architecture.weight_decay)


def l2(architecture: Architecture) -> float:
    """Weight of ½‖x‖² on the layer-0 embeddings in the loss; 0 where the optimiser decays."""
    return 0.0 if architecture.optimizer in DECOUPLED else architecture.weight_decay
