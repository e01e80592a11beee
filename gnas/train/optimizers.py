"""The optimisers that an architecture can name."""

from collections.abc import Iterable

from torch import nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

from gnas.config.architecture import Trained
from gnas.config.named import OPTIMIZERS


def adam(parameters: Iterable[nn.Parameter], lr: float, _decay: float) -> Optimizer:
    """Kingma & Ba, ICLR 2015."""
    return Adam(parameters, lr=lr, fused=True)


def adamw(parameters: Iterable[nn.Parameter], lr: float, decay: float) -> Optimizer:
    """Loshchilov & Hutter, ICLR 2019."""
    return AdamW(parameters, lr=lr, weight_decay=decay, fused=True)


def adagrad(parameters: Iterable[nn.Parameter], lr: float, _decay: float) -> Optimizer:
    """Duchi et al., JMLR 2011."""
    return Adagrad(parameters, lr=lr, foreach=True)


def sgd(parameters: Iterable[nn.Parameter], lr: float, _decay: float) -> Optimizer:
    """Stochastic gradient descent with momentum 0.9."""
    return SGD(parameters, lr=lr, momentum=0.9, fused=True)


def build_optimizer(architecture: Trained, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The optimiser of `architecture` over `parameters` that need a gradient, one fused update a step."""
    moving = [parameter for parameter in parameters if parameter.requires_grad]
    optimizer: Optimizer = OPTIMIZERS[architecture.optimizer].build(moving, architecture.lr, architecture.weight_decay)
    return optimizer
