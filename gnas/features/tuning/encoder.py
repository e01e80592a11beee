"""An encoder whose readings of given values can be trained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

from gnas.errors import ConfigError
from gnas.features.encoders.hf import HuggingFaceEncoder, quiet
from gnas.features.encoders.weights import SAFE_FILES
from gnas.features.tuning.kept import KeptStates
from gnas.features.tuning.layers import layers_of
from gnas.features.tuning.lora import add_lora


@dataclass(frozen=True)
class Method:
    """What is trained of an encoder: its last `layers`, or with `rank` low-rank additions to all layers."""

    layers: int = 1
    rank: int | None = None


class TunedEncoder:
    """Reads `values` with gradients. The network stays in evaluation mode: the same value gives the same reading.

    Args:
        encoder: one of Hugging Face; its network is changed by training.
        values: texts, or paths, all of which can be read; they are called by their places from here on.
        method: what is trained.
        seed: of the low-rank additions.

    `n_layers` it has; `n_parameters` of the network, of which, or beside which, `n_trained` are trained.

    Raises:
        DataError: `peft` is needed and not installed.
        ConfigError: the network has fewer layers than `method` wants, or none; or there are no values.
    """

    def __init__(self, encoder: HuggingFaceEncoder, values: Sequence[str], method: Method, seed: int) -> None:
        self.encoder, self.values = encoder, list(values)
        first = next(iter(encoder.batches(self.values)), None)
        if first is None:
            raise ConfigError(f"encoder {encoder.name}: no user and no item has anything for it to read")
        name, layers = layers_of(encoder.model.network, lambda: self._read_now(first[1]))
        self.n_layers = len(layers)
        if not layers:
            raise ConfigError(f"encoder {encoder.name}: its network has no list of layers, so it cannot be fine-tuned")
        if method.rank is None and method.layers > len(layers):
            raise ConfigError(
                f"--layers {method.layers}: the encoder has {len(layers)} layers; give a number from 1 to {len(layers)}"
            )
        self._merge = None if method.rank is None else add_lora(encoder, name, layers, method.rank, seed)
        n_frozen = 0 if method.rank is not None else len(layers) - method.layers
        if method.rank is None:
            layers[n_frozen:].requires_grad_(True)
        network = encoder.model.network
        self.n_trained = sum(one.numel() for one in network.parameters() if one.requires_grad)
        self.n_parameters = sum(one.numel() for name, one in network.named_parameters() if "lora_" not in name)
        self._kept = KeptStates(encoder, layers[:n_frozen])
        self._kept.fill(self.values)

    @property
    def parameters(self) -> list[Any]:
        """What is trained."""
        return [one for one in self.encoder.model.network.parameters() if one.requires_grad]

    def read(self, places: Sequence[int]) -> Any:
        """The readings of the values at `places`: a tensor [len(places), dim] with a gradient."""
        import torch

        found = []
        for rows, inputs in self.encoder.batches([self.values[place] for place in places]):
            with self._kept.instead([places[row] for row in rows]):
                found += list(zip(rows, self.encoder.vectors(inputs), strict=True))
        return torch.stack([vector for _, vector in sorted(found, key=lambda pair: pair[0])])

    def read_all(self) -> Any:
        """The readings of all values, without a gradient: [n, dim]."""
        import torch

        parts = []
        with torch.no_grad():
            for start in range(0, len(self.values), 256):
                parts.append(self.read(range(start, min(start + 256, len(self.values)))))
        return torch.cat(parts)

    def state(self) -> list[Any]:
        """A copy of what is trained."""
        return [one.detach().clone() for one in self.parameters]

    def restore(self, state: Iterable[Any]) -> None:
        """Put back what `state` gave."""
        for one, value in zip(self.parameters, state, strict=True):
            one.data.copy_(value)

    def save(self, folder: Path) -> None:
        """Write a directory that Hugging Face's classes load, low-rank additions merged; training is over then.

        Tokenizer, processor and pooling are copied as they are. Parameters that were random are left out, as they were
        from the directory that the encoder came from, so that the same ones are read by.
        """
        if self._merge is not None:
            self._merge()
        model = self.encoder.model
        for path in (file for pattern in SAFE_FILES for file in model.folder.glob(pattern)):
            if path.suffix != ".safetensors" and not path.name.endswith(".index.json"):
                target = folder / path.relative_to(model.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                copyfile(path, target)
        kept = {name: value for name, value in model.network.state_dict().items() if name not in model.untrained}
        with quiet():
            model.network.save_pretrained(folder, state_dict=kept)

    def _read_now(self, inputs: dict[str, Any]) -> None:
        import torch

        with torch.no_grad():
            self.encoder.vectors(inputs)
