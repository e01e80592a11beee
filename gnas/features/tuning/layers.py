"""Which layers of a network a reading goes through."""

from collections.abc import Callable
from typing import Any


def layers_of(network: Any, read: Callable[[], object]) -> tuple[str, Any]:
    """The name and the `ModuleList` of the layers that `read()` runs through.

    Those are the longest list of modules all of which are run, lists within another list left out; of two equally long
    ones the later (the Transformer of wav2vec2 rather than its convolutions). Empty name and list where there is none.
    """
    from torch import nn

    lists = {name: module for name, module in network.named_modules() if isinstance(module, nn.ModuleList)}
    outer = {name: found for name, found in lists.items() if not any(name.startswith(f"{other}.") for other in lists)}
    ran: dict[str, set[int]] = {}
    handles = []
    for name, found in outer.items():
        for place, layer in enumerate(found):
            handles.append(layer.register_forward_pre_hook(_noting(ran, name, place)))
    try:
        read()
    finally:
        for handle in handles:
            handle.remove()
    whole = [name for name, places in ran.items() if len(places) == len(outer[name])]
    if not whole:
        return "", nn.ModuleList()
    longest = max(len(outer[name]) for name in whole)
    name = [name for name in whole if len(outer[name]) == longest][-1]
    return name, outer[name]


def _noting(ran: dict[str, set[int]], name: str, place: int) -> Callable[..., None]:
    def note(*_: Any) -> None:
        ran.setdefault(name, set()).add(place)

    return note
