"""The rows of features that an encoder under training reads again."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gnas.features.blocks import FeatureSet, scale_of
from gnas.features.table import Side
from gnas.features.tuning.encoder import TunedEncoder
from gnas.features.tuning.places import Place
from gnas.graph.bipartite import Graph
from gnas.nn.fusion import Projection
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate


@dataclass(frozen=True)
class FilledBlock:
    """One block of a candidate that an encoder fills.

    The value number `first` + j of the encoder is row `rows_m[j]` of the block, centred and divided as the frozen
    reading was; `number_n` [n] is the number of each row's value, −1 where it has none.
    """

    projection: Projection
    side: Side
    first: int
    rows_m: Tensor
    number_n: Tensor
    centre_d: Tensor
    size: float


def filled_blocks(
    model: Candidate, features: FeatureSet, places: Sequence[Place], readings_md: Tensor, graph: Graph
) -> list[FilledBlock]:
    """Where the readings of `places`, whose values stand one after another, enter `model`.

    Args:
        model: built with `features`.
        features: the frozen readings.
        places: of one encoder, from `places_of`.
        readings_md: what the frozen encoder reads of all values.
        graph: of the train interactions, which say by what readings are centred.
    """
    assert model.entry is not None
    filled, first = [], 0
    for place in places:
        users = place.side == "users"
        blocks = features.users if users else features.items
        fusion = model.entry.fusion.users if users else model.entry.fusion.items
        projection = fusion.projections[list(blocks).index(place.block)]
        assert isinstance(projection, Projection)
        rows_m = torch.from_numpy(place.rows)
        number_n = torch.full((fusion.n,), -1)
        number_n[rows_m] = torch.arange(first, first + len(rows_m))
        raw_nd = torch.zeros(fusion.n, readings_md.shape[1])
        raw_nd[rows_m] = readings_md[first : first + len(rows_m)].cpu()
        degree_N = graph.degree_N.cpu()
        trained_n = (degree_N[: graph.n_users] if users else degree_N[graph.n_users :]) > 0
        centre, size = scale_of(raw_nd.numpy(), blocks[place.block].present, trained_n.numpy())
        centre_d = torch.from_numpy(centre).float().to(graph.device)
        filled.append(
            FilledBlock(
                projection, place.side, first, rows_m.to(graph.device), number_n.to(graph.device), centre_d, size
            )
        )
        first += len(rows_m)
    return filled


def drawn(filled: Sequence[FilledBlock], batch: Batch, n: int, generator: torch.Generator) -> list[int]:
    """At most `n` of the values of a step's users and items, each equally likely."""
    found = []
    for block in filled:
        nodes = batch.users_B if block.side == "users" else batch.items_B
        number = block.number_n[torch.unique(nodes.long())]
        found.append(number[number >= 0])
    numbers = torch.cat(found)
    order = torch.randperm(len(numbers), device=numbers.device, generator=generator)
    return numbers[order[:n]].tolist()


def put_fresh(filled: Sequence[FilledBlock], tuned: TunedEncoder, numbers: Sequence[int]) -> None:
    """Read these values again, with a gradient, in the place of the rows that are known of them.

    All other rows stay as they were read last (Fey et al., "GNNAutoScale", ICML 2021); `settle` keeps the fresh ones.
    """
    if not numbers:
        return
    readings_bd = tuned.read(numbers)
    at = torch.tensor(numbers, device=readings_bd.device)
    for block in filled:
        mine = (at >= block.first) & (at < block.first + len(block.rows_m))
        rows = block.rows_m[at[mine] - block.first]
        scaled = (readings_bd[mine] - block.centre_d) / block.size
        block.projection.values_nd = block.projection.values_nd.index_put((rows,), scaled)


def settle(filled: Sequence[FilledBlock]) -> None:
    """Forget where the present rows came from."""
    for block in filled:
        block.projection.values_nd = block.projection.values_nd.detach()


def put_all(filled: Sequence[FilledBlock], tuned: TunedEncoder) -> None:
    """Read all values again, without a gradient."""
    readings_md = tuned.read_all()
    for block in filled:
        scaled = (readings_md[block.first : block.first + len(block.rows_m)] - block.centre_d) / block.size
        block.projection.values_nd = block.projection.values_nd.detach().index_copy(0, block.rows_m, scaled)


@torch.no_grad()
def move(model: Candidate, filled: Sequence[FilledBlock], other: Candidate) -> None:
    """Give `other`, built with the readings of the trained encoder, what `model` has learned.

    The readings of `other` are divided by another number, which the first map of each projection makes up for; that
    they are also centred elsewhere moves all that is described by the same vector, and is left.
    """
    other.load_state_dict(model.state_dict())
    own = [module for module in model.modules() if isinstance(module, Projection)]
    theirs = [module for module in other.modules() if isinstance(module, Projection)]
    for block in filled:
        to = theirs[own.index(block.projection)]
        ratio = _spread(block.projection.values_nd[block.rows_m]) / _spread(to.values_nd[block.rows_m])
        (to.first_Hd if to.hidden else to.last_DH).mul_(ratio)


def _spread(values_md: Tensor) -> Tensor:
    spread: Tensor = (values_md - values_md.mean(0)).square().sum().sqrt()
    return spread.clamp(min=1e-12)
