"""Low-rank additions to the layers of an encoder, through the library `peft`."""

import warnings
from collections.abc import Callable
from typing import Any

from gnas.errors import ConfigError
from gnas.features.encoders.hf import HuggingFaceEncoder
from gnas.features.encoders.weights import need


def add_lora(encoder: HuggingFaceEncoder, name: str, layers: Any, rank: int, seed: int) -> Callable[[], None]:
    """Put W + 2 B A in the place of every matrix W of `layers`, A random and B zero: nothing changes at first.

    Hu et al., "LoRA", ICLR 2022, with α = 2 · rank.

    Args:
        encoder: its network is changed in place; afterwards A and B alone have gradients.
        name: of `layers` within the network.
        layers: a `ModuleList`.
        rank: rows of A.
        seed: of A.

    Returns:
        A function that adds the products to the matrices for good, and takes A and B away.

    Raises:
        DataError: `peft` is not installed.
        ConfigError: the layers have no matrices.
    """
    need("peft", encoder.name, "finetune")
    import torch
    from peft import LoraConfig, get_peft_model

    kinds = ("Linear", "Conv1D")  # the latter is GPT-2's name of a linear map
    targets = [f"{name}.{inner}" for inner, module in layers.named_modules() if type(module).__name__ in kinds]
    if not targets:
        raise ConfigError(f"encoder {encoder.name}: its layers are no linear maps, which LoRA needs; use --layers")
    network = encoder.model.network
    devices = [network.device] if network.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that transformers will change, and what peft puts right by itself
        torch.manual_seed(seed)
        wrapped = get_peft_model(network, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets))
    network.eval()

    def merge() -> None:
        wrapped.merge_and_unload()

    return merge
