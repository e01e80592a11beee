"""One seed, many independent streams, each with a name. A new stream never shifts another."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the stream `names` under `seed`; the same on every machine."""
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def numpy_rng(seed: int, *names: str | int) -> np.random.Generator:
    """A NumPy generator for the stream `names`."""
    return np.random.default_rng(derive_seed(seed, *names))


def torch_rng(device: "torch.device | str", seed: int, *names: str | int) -> "torch.Generator":
    """A torch generator on `device` for the stream `names`."""
    import torch

    generator = torch.Generator(device=device)
    generator.manual_seed(derive_seed(seed, *names))
    return generator
