"""The average of parameters over the steps of a training."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Average:
    """An exponential moving average of `parameters`, which starts as their plain mean (Polyak & Juditsky, 1992).

    After n steps it keeps min(decay, 1 − 1/n) of itself, so that the start of the training, which is no result of it,
    has no share.

    Args:
        parameters: what is averaged.
        decay: share of itself that the average keeps in a step.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], decay: float) -> None:
        self.parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self.means = [parameter.detach().clone() for parameter in self.parameters]
        self.decay, self.n_steps = decay, 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the parameters after a step."""
        self.n_steps += 1
        weight = max(1 - self.decay, 1 / self.n_steps)
        for mean, parameter in zip(self.means, self.parameters, strict=True):
            mean.lerp_(parameter, weight)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The averages stand in place of the parameters."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for mean, parameter in zip(self.means, self.parameters, strict=True):
            own = parameter.clone()
            parameter.copy_(mean)
            mean.copy_(own)
