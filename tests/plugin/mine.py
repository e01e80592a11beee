"""One file for `--code`: the same kinds of things, as somebody adds them who tries something."""

from typing import ClassVar

import polars as pl

from gnas.config.base import register
from gnas.config.formats import FORMATS, Format
from gnas.config.losses import LOSSES, Sampled
from gnas.config.propagation import PROPAGATIONS, Layered
from gnas.data.place import Place
from gnas.data.sheet import sheet_of
from gnas.graph.normalize import Weighing
from gnas.metrics import list_metric
from gnas.nn.losses import drawn
from gnas.nn.ops.layer import Layer
from gnas.run.frames import WRITERS
from gnas.search.proposal import Proposal
from gnas.search.samplers import SAMPLERS


class TwiceLayer(Layer):
    weighing = Weighing(0.5)

    def __init__(self, spec, dim, generator):
        super().__init__()

    def forward(self, x_ND, matrix):
        return matrix.matmul(matrix.matmul(x_ND))


@register(PROPAGATIONS)
class Twice(Layered):
    kind: ClassVar[str] = "twice"
    builder = TwiceLayer


def build_my_loss(loss, known):
    step = drawn.bpr(loss, known)

    def exponential(*given):
        value = step(*given)
        return value._replace(loss=value.loss.exp() - 1)

    return exponential


@register(LOSSES)
class Exponential(Sampled):
    kind: ClassVar[str] = "exponential"
    builder = build_my_loss


@list_metric("half", "maximize")
def half(lists):
    return lists.hit_UK[:, : lists.k // 2].any(1).double()


@SAMPLERS.register("mine")
def mine(view):
    yield from (Proposal(view.space.draw(view.rng(attempt)), "mine") for attempt in range(1000))


def open_slashes(path, layout):
    rows = [line.split("/") for line in path.read_text().splitlines()]
    return sheet_of(pl.DataFrame(rows, schema=["user", "item"], orient="row"), Place(str(path)))


FORMATS.add("slashes", Format((".slashes",), open_slashes))
WRITERS.add(".count", lambda frame: f"{len(frame)}\n".encode())
