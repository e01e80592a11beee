"""Which users and items an encoder reads, and which of their values."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gnas.config.features import Features
from gnas.features.blocks import FeatureSet, paths_of, texts_of, wanted_blocks
from gnas.features.table import FeatureTable, Side


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
        blocks = features.users if side == "users" else features.items
        for name, (_, detail) in wanted_blocks(table, spec).items():
            if name in blocks and name.split(" ")[0] == modality:
                columns = detail[1]
                values = texts_of(table, columns) if modality == "text" else paths_of(table, columns[0])
                rows = np.flatnonzero(blocks[name].present)
                found.append(Place(side, name, rows, [str(values[row]) for row in rows]))
    return found
