"""Which convolutions of PyG an architecture may hold, and with which arguments. PyG is imported on use."""

import inspect
import json
import random
import re
import warnings
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from gnas.errors import ConfigError
from gnas.registry import did_you_mean

if TYPE_CHECKING:
    from torch import Tensor, nn

Value = bool | int | float | str | None
"""What an argument can be."""

SIZES = ("in_channels", "out_channels", "channels")
"""Arguments that say how long embeddings are: the candidate's `dim` gives them."""
REFUSED = {
    "cached": "keeps what it computed from the first embeddings and edges, which change in training",
}
"""Arguments that have no place here, and why."""
_PLAIN = re.compile(r"\b(bool|int|float|str)\b")


@cache
def convolutions() -> "dict[str, type[nn.Module]]":
    """PyG's graph convolutions by name."""
    with warnings.catch_warnings():  # it compiles with torch.jit, which warns that it is deprecated
        warnings.simplefilter("ignore")
        from torch_geometric.nn import conv
    found = {name: getattr(conv, name) for name in conv.__all__}
    return {name: one for name, one in found.items() if one is not conv.MessagePassing}


class Manner(NamedTuple):
    """What a convolution does, seen on a few nodes.

    `reads_itself`: a node without neighbours has another output than zero. `draws`: it draws from torch's global stream
    while it trains.
    """

    reads_itself: bool
    draws: bool


def manner_of(layer: str, args: Mapping[str, Value]) -> Manner:
    """What the convolution does, tried once.

    Raises:
        ValueError: PyG has no such layer, or it cannot be called with (x, edge_index); in a sentence.
    """
    return _check(layer, json.dumps(args))


@cache
def _check(layer: str, args: str) -> Manner:
    known, given = convolutions(), json.loads(args)
    if layer not in known:
        raise ValueError(f"PyG has no convolution {layer!r} ({did_you_mean(layer, known)})")
    parameters = _parameters(known[layer].__init__)
    free = {name: one for name, one in parameters.items() if name not in (*SIZES, *REFUSED)}
    for name in given:
        if name in SIZES:
            raise ValueError(f"{name} of {layer} is the candidate's dim; leave it out of args")
        if name in REFUSED:
            raise ValueError(f"{name} of {layer} {REFUSED[name]}; leave it out of args")
        if name not in free:
            raise ValueError(f"{layer} of PyG takes no argument {name!r} ({did_you_mean(name, free)})")
    asked = [name for name, one in _parameters(known[layer].forward).items() if one.default is one.empty]
    if asked != ["x", "edge_index"]:
        wanted = ", ".join(asked)
        raise ValueError(f"{layer} of PyG is called with ({wanted}); only layers of (x, edge_index) can stand here")
    if missing := {name: one for name, one in free.items() if one.default is one.empty and name not in given}:
        unwritable = [name for name, one in missing.items() if not _PLAIN.search(str(one.annotation))]
        why = f"; what {unwritable[0]} is cannot be written there" if unwritable else ""
        raise ValueError(f"{layer} of PyG needs {' and '.join(missing)} in args{why}")
    heads = given.get("heads", _default(parameters, "heads"))
    return _tried(layer, given, 4 * heads if isinstance(heads, int) and heads > 0 else 4)


def _tried(layer: str, args: Mapping[str, Value], dim: int) -> Manner:
    """Call the layer with five nodes, the last of them without neighbours."""
    import torch

    x_ND = torch.linspace(-1, 1, 5 * dim).view(5, dim)
    edges = torch.tensor([[0, 2, 0, 3, 1, 2], [2, 0, 3, 0, 2, 1]])
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            made = convolution(layer, args, dim)
            out: Tensor = made.eval()(x_ND, edges)
            shape = list(out.shape)
            before, of_python = torch.get_rng_state(), random.getstate()
            made.train()(x_ND, edges)
            draws = not torch.equal(before, torch.get_rng_state())
    except Exception as error:  # whatever a layer does with arguments it does not like
        said = str(error).strip().split("\n")[0] or type(error).__name__
        raise ValueError(f"{layer} of PyG with these args cannot be called with (x, edge_index): {said}") from None
    if random.getstate() != of_python:
        random.setstate(of_python)
        raise ValueError(f"{layer} of PyG draws from Python's own stream, which no seed of gnas reaches")
    if shape != [5, dim]:
        raise ValueError(f"{layer} of PyG with these args turns embeddings {[5, dim]} into {shape}, another shape")
    return Manner(bool(out[-1].any()), draws)


def convolution(layer: str, args: Mapping[str, Value], dim: int) -> "nn.Module":
    """The convolution from embeddings [N, dim] to embeddings [N, dim]; heads that stand side by side share `dim`.

    Raises:
        ConfigError: the heads do not divide the embedding size.
    """
    made = convolutions()[layer]
    parameters = _parameters(made.__init__)
    heads, side_by_side = (args.get(name, _default(parameters, name)) for name in ("heads", "concat"))
    share = dim
    if side_by_side and isinstance(heads, int):
        if dim % heads:
            raise ConfigError(f"propagation pyg: heads {heads} of {layer} does not divide dim {dim}")
        share = dim // heads
    sizes = {"in_channels": dim, "out_channels": share, "channels": dim}
    return made(**{name: size for name, size in sizes.items() if name in parameters}, **args)


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    found = inspect.signature(function).parameters.values()
    return {
        one.name: one for one in found if one.name != "self" and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    }


def _default(parameters: Mapping[str, inspect.Parameter], name: str) -> Any:
    return parameters[name].default if name in parameters else None
