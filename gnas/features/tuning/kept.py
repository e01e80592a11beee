"""Outputs of frozen layers, computed once for each value, so that a step runs only the layers above them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gnas.features.encoders.hf import HuggingFaceEncoder

LIMIT_BYTES = 2**30
"""Bound on what is kept; above it every step runs the frozen layers too."""


class KeptStates:
    """The hidden states of values between the frozen layers and those above.

    Args:
        encoder: a Hugging Face encoder.
        frozen: its layers up to those that are trained.
    """

    def __init__(self, encoder: HuggingFaceEncoder, frozen: Sequence[Any]) -> None:
        self.encoder, self.frozen = encoder, list(frozen)
        self.states: dict[int, Any] = {}

    def fill(self, values: Sequence[str], limit_bytes: int = LIMIT_BYTES) -> None:
        """Run the network once over `values`.

        Nothing is kept where there is nothing frozen, where it would be more than `limit_bytes`, or where layers hand
        on more than their states, so that the layers above would miss something.
        """
        n_bytes = 0
        for number, (rows, inputs) in enumerate(self.encoder.batches(values) if self.frozen else ()):
            states, vectors = self._run(inputs)
            if states is None:
                break
            kept = dict(zip(rows, _cut(states, inputs), strict=True))
            n_bytes += sum(state.numel() * state.element_size() for state in kept.values())
            self.states |= kept
            if n_bytes > limit_bytes or (number == 0 and not self._repeats(rows, inputs, vectors)):
                break
        else:
            return
        self.states.clear()

    @contextmanager
    def instead(self, rows: Sequence[int]) -> Iterator[None]:
        """Within, the frozen layers give what is kept of the values `rows`, padded with zeros to the longest."""
        if not self.states:
            yield
            return
        from torch.nn.utils.rnn import pad_sequence

        states = pad_sequence([self.states[row] for row in rows], batch_first=True)
        for layer in self.frozen[:-1]:
            layer.forward = lambda *given, **named: given[0] if given else named["hidden_states"]
        self.frozen[-1].forward = lambda *_, **__: states
        try:
            yield
        finally:
            for layer in self.frozen:
                del layer.forward

    def _run(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
        import torch

        seen: list[Any] = []
        handle = self.frozen[-1].register_forward_hook(lambda *given: seen.append(given[2]))
        try:
            with torch.no_grad():
                vectors = self.encoder.vectors(inputs)
        finally:
            handle.remove()
        return (seen[0] if len(seen) == 1 and torch.is_tensor(seen[0]) else None), vectors

    def _repeats(self, rows: Sequence[int], inputs: dict[str, Any], vectors: Any) -> bool:
        """Whether the kept states lead to the same readings as the whole network."""
        import torch

        with torch.no_grad(), self.instead(rows):
            return torch.allclose(self.encoder.vectors(inputs), vectors, rtol=1e-4, atol=1e-5)


def _cut(states: Any, inputs: dict[str, Any]) -> list[Any]:
    """The states of each value, without those of its padding, which all that follows leaves out."""
    mask = inputs.get("attention_mask")
    if mask is None or mask.shape != states.shape[:2]:
        return [state.clone() for state in states]
    return [state[:length].clone() for state, length in zip(states, mask.sum(1).tolist(), strict=True)]
