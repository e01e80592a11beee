"""The rows of features that an encoder under training reads again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gnas.config.features import Features
from gnas.data.interactions import Side
from gnas.features.blocks import FeatureSet, scale_of, values_of, wanted_blocks
from gnas.features.table import FeatureTable
from gnas.features.tuning.encoder import TunedEncoder
from gnas.nn.fusion import Projection
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate


@dataclass(frozen=True)
class Place:
    """One block that the encoder reads: the `rows` [m] that have a reading, and the text or path that each is of."""

    side: Side
    block: str
    rows: np.ndarray
    values: list[str]


def places_of(tables: Mapping[Side, FeatureTable], spec: Features, modality: str, features: FeatureSet) -> list[Place]:
    """Where the readings of `modality` stand.

    Args:
        tables: the feature tables.
        spec: reads `modality` with a Hugging Face encoder.
        modality: `text`, `image` or `audio`.
        features: the blocks that `spec` reads of `tables`.
    """
    found = []
    for side, table in tables.items():
        blocks = features.blocks(side)
        for name, wanted in wanted_blocks(table, spec).items():
            if name in blocks and wanted.kind == modality:
                values = values_of(table, modality, wanted.columns)
                rows = np.flatnonzero(blocks[name].present)
                found.append(Place(side, name, rows, [str(values[row]) for row in rows]))
    return found


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


class Readings:
    """What an encoder under training reads of users and items, in the rows of a candidate.

    Args:
        model: built with `features`.
        features: the frozen readings.
        places: of the encoder, from `places_of`.
        tuned: the encoder, over the values of all places, one place after another.
    """

    def __init__(self, model: Candidate, features: FeatureSet, places: Sequence[Place], tuned: TunedEncoder) -> None:
        self.model, self.tuned = model, tuned
        self.filled: list[FilledBlock] = []
        readings_md, first = tuned.read_all().cpu(), 0
        for place in places:
            values_md = readings_md[first : first + len(place.rows)]
            self.filled.append(_filled(model, features, place, first, values_md))
            first += len(place.rows)

    def drawn(self, batch: Batch, n: int, generator: torch.Generator) -> list[int]:
        """At most `n` of the values of a step's users and items, each equally likely."""
        found = []
        for block in self.filled:
            nodes = batch.users_B if block.side == "users" else batch.items_B
            number = block.number_n[torch.unique(nodes.long())]
            found.append(number[number >= 0])
        numbers = torch.cat(found)
        order = torch.randperm(len(numbers), device=numbers.device, generator=generator)
        return numbers[order[:n]].tolist()

    def put_fresh(self, numbers: Sequence[int]) -> None:
        """Read these values again, with a gradient, in the place of the rows that are known of them.

        All other rows stay as they were read last (Fey et al., "GNNAutoScale", ICML 2021); `settle` keeps the fresh
        ones.
        """
        if not numbers:
            return
        readings_bd = self.tuned.read(numbers)
        at = torch.tensor(numbers, device=readings_bd.device)
        for block in self.filled:
            mine = (at >= block.first) & (at < block.first + len(block.rows_m))
            rows = block.rows_m[at[mine] - block.first]
            scaled = (readings_bd[mine] - block.centre_d) / block.size
            block.projection.values_nd = block.projection.values_nd.index_put((rows,), scaled)

    def settle(self) -> None:
        """Forget where the present rows came from."""
        for block in self.filled:
            block.projection.values_nd = block.projection.values_nd.detach()

    def put_all(self) -> None:
        """Read all values again, without a gradient."""
        readings_md = self.tuned.read_all()
        self.settle()
        for block in self.filled:
            scaled = (readings_md[block.first : block.first + len(block.rows_m)] - block.centre_d) / block.size
            block.projection.values_nd = block.projection.values_nd.index_copy(0, block.rows_m, scaled)

    @torch.no_grad()
    def move(self, other: Candidate) -> None:
        """Give `other`, built with the readings of the trained encoder, what the model has learned.

        The readings of `other` are divided by another number, which the first map of each projection makes up for; that
        they are also centred elsewhere moves all that is described by the same vector, and is left.
        """
        other.load_state_dict(self.model.state_dict())
        own = [module for module in self.model.modules() if isinstance(module, Projection)]
        theirs = [module for module in other.modules() if isinstance(module, Projection)]
        for block in self.filled:
            to = theirs[own.index(block.projection)]
            ratio = _spread(block.projection.values_nd[block.rows_m]) / _spread(to.values_nd[block.rows_m])
            (to.first_Hd if to.hidden else to.last_DH).mul_(ratio)


def _filled(model: Candidate, features: FeatureSet, place: Place, first: int, values_md: Tensor) -> FilledBlock:
    assert model.entry is not None
    graph, blocks = model.graph, features.blocks(place.side)
    fusion = model.entry.fusion.users if place.side == "users" else model.entry.fusion.items
    projection = fusion.projections[list(blocks).index(place.block)]
    assert isinstance(projection, Projection)
    rows_m, number_n = torch.from_numpy(place.rows), torch.full((fusion.n,), -1)
    number_n[rows_m] = torch.arange(first, first + len(rows_m))
    raw_nd = torch.zeros(fusion.n, values_md.shape[1])
    raw_nd[rows_m] = values_md
    degree_n = graph.degree_U if place.side == "users" else graph.degree_I
    centre, size = scale_of(raw_nd.numpy(), blocks[place.block].present, (degree_n > 0).cpu().numpy())
    centre_d, device = torch.from_numpy(centre).float(), graph.device
    return FilledBlock(projection, place.side, first, rows_m.to(device), number_n.to(device), centre_d.to(device), size)


def _spread(values_md: Tensor) -> Tensor:
    spread: Tensor = (values_md - values_md.mean(0)).square().sum().sqrt()
    return spread.clamp(min=1e-12)
