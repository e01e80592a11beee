"""All features of one data set: read once, shared by every trial."""

from pathlib import Path

import numpy as np

from gnas.config.architecture import Architecture
from gnas.config.encoders import Pretrained
from gnas.config.features import Features
from gnas.data.cache import cache_folder
from gnas.data.histories import Histories, latest
from gnas.data.interactions import SIDES, Interactions, Side
from gnas.errors import DataError
from gnas.features.blocks import Block, FeatureSet, Progress, encode_block, wanted_blocks
from gnas.features.links import follows, found_links
from gnas.features.table import FeatureTable


class FeatureBank:
    """Gives the `FeatureSet` of any `Features` and keeps every block that it has read.

    Args:
        tables: the feature tables by side, aligned with the interactions.
        train: the interactions whose users and items everything is fitted on.
        cache: folder of readings; None: `cache_folder()`.
        device: where encoders run.
    """

    def __init__(
        self, tables: dict[Side, FeatureTable], train: Interactions, cache: Path | None = None, device: str = "cpu"
    ) -> None:
        self.tables, self.train, self.device = tables, train, device
        self.cache = cache_folder() if cache is None else cache
        self._fit: dict[Side, np.ndarray] = {side: train.counts(side) > 0 for side in SIDES}
        self._blocks: dict[tuple[str, str, str], Block] = {}
        self._found: dict[tuple[Side, str], dict[str, np.ndarray]] = {}
        self._latest: dict[int, Histories] = {}

    def select(self, spec: Features, progress: Progress | None = None) -> FeatureSet | None:
        """The blocks that `spec` reads; None where it reads nothing.

        Raises:
            DataError: the spec reads something that neither table has.
        """
        if not spec.used:
            return None
        sides = {side: self._side(side, spec, progress) for side in self.tables if spec.sides in ("both", side)}
        links = {side: self._links(side, spec) for side in SIDES if spec.sides in ("both", side)}
        found = FeatureSet(
            sides.get("users", {}),
            sides.get("items", {}),
            links.get("users", {}),
            links.get("items", {}),
            self._histories(spec.history.length) if spec.history.layers else None,
        )
        self._check(spec, found)
        return found

    def pinned(self, architecture: Architecture) -> Architecture:
        """The same candidate, its file naming the weights that its encoders have here: others will be refused."""
        spec = architecture.read
        found = self.select(spec)
        if found is None:
            return architecture
        hashes = {name.split(" ")[0]: block.sha256 for name, block in {**found.users, **found.items}.items()}
        encoders = {
            modality: encoder.model_copy(update={"sha256": hashes[modality]})
            for modality, encoder in spec.encoders.items()
            if isinstance(encoder, Pretrained)
        }
        return architecture.with_features(spec.model_copy(update=encoders))

    def _side(self, side: Side, spec: Features, progress: Progress | None) -> dict[str, Block]:
        table, blocks = self.tables[side], {}
        for name, what in wanted_blocks(table, spec).items():
            key = (side, name, repr(what))
            if key not in self._blocks:
                self._blocks[key] = encode_block(
                    table, name, what, self._fit[side], cache=self.cache, device=self.device, progress=progress
                )
            blocks[name] = self._blocks[key]
        return blocks

    def _links(self, side: Side, spec: Features) -> dict[str, np.ndarray]:
        given = self.tables[side].links if side in self.tables else {}
        followed = {name: pairs for name, pairs in given.items() if follows(spec.links, name)}
        if (asked := (side, str(spec.links))) not in self._found:
            self._found[asked] = found_links(spec.links, self.train, side)
        return followed | self._found[asked]

    def _histories(self, length: int) -> Histories:
        if length not in self._latest:
            self._latest[length] = latest(self.train, length)
        return self._latest[length]

    def _check(self, spec: Features, found: FeatureSet) -> None:
        asked = [*spec.encoders, *(["attributes"] if spec.attributes else [])]
        asked += ["vector"] if spec.vectors == "all" else [f"vector {name}" for name in spec.vectors]
        linked = {*found.user_links, *found.item_links}
        if spec.links == "all":
            lost = [] if linked else ["any"]
        else:
            lost = [one for one in spec.links if not any(follows([one], name) for name in linked)]
        if lost:
            has = ", ".join(name for table in self.tables.values() for name in table.links) or "there are none"
            raise DataError(
                f"features follows links {lost[0]!r}, but no feature table on side {spec.sides!r} has them ({has}); "
                f"name their file under data.users.links or data.items.links"
            )
        for name in asked:
            if not any(block == name or block.split(" ")[0] == name for block in {**found.users, **found.items}):
                sides = {side: ", ".join(table.columns) for side, table in self.tables.items()}
                has = "; ".join(f"{side}: {columns}" for side, columns in sides.items()) or "there are no tables"
                raise DataError(
                    f"features reads {name}, but no column of that kind stands in a feature table on side "
                    f"{spec.sides!r} ({has}); add one under data.users or data.items, or set {name.split(' ')[0]} "
                    f"to {'false' if name == 'attributes' else '[]' if name.startswith('vector') else 'none'}"
                )
