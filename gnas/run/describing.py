"""What users and items are, read before the first trial, so that no trial pays for it."""

from gnas.config.features import READ, Features
from gnas.events import Part, Phase, Work
from gnas.rng import numpy_rng
from gnas.run.prepared import Prepared, Tick
from gnas.space.search_space import SearchSpace

DRAWS = 200
"""Candidates drawn to find what the space may read; what they miss is read when it is asked for."""


def read_features(prepared: Prepared, space: SearchSpace, tick: Tick) -> Work[None]:
    """Let every encoder that the space names read its columns; nothing where it names none.

    Raises:
        DataError: the space reads something that the data do not have.
    """
    wanted = feature_specs(space, prepared.config.seed)
    if not wanted:
        return
    yield Phase("reading the features", total=len(wanted))
    for spec in wanted:
        prepared.bank.select(spec, tick)
        plain = [name for name in ("attributes", "vectors", "links") if getattr(spec, name)]
        yield Part(", ".join([*(one.kind for one in spec.encoders.values()), *plain]))


def feature_specs(space: SearchSpace, seed: int) -> list[Features]:
    """The different ways to read features among `DRAWS` candidates and the anchors; fusion and entry do not matter."""
    rng = numpy_rng(seed, "features of the space")
    drawn = [space.architecture(space.random(rng)) for _ in range(DRAWS)]
    found: dict[str, Features] = {}
    for architecture in [*space.anchors.values(), *drawn]:
        if architecture.read.reads_tables:
            found.setdefault(repr(architecture.read.model_dump(include=set(READ))), architecture.read)
    return list(found.values())
