"""The data of a run, ready to search or measure: read, cleaned, split, with its graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from gnas.config.architecture import Architecture
from gnas.config.features import READ, Features
from gnas.config.run import RunConfig
from gnas.data.describe import describe
from gnas.data.interactions import Split
from gnas.data.prepare import prepare
from gnas.errors import RunError
from gnas.events import Note, Part, Phase, Tick, Work, no_tick
from gnas.features.bank import FeatureBank
from gnas.features.blocks import FeatureSet
from gnas.features.newcomers import with_newcomers
from gnas.features.table import load_tables
from gnas.files import write_json
from gnas.graph.bipartite import Graph, build_graph
from gnas.metrics import metric_of
from gnas.nn.ratings import RatingScale, rating_scale
from gnas.nn.recommender import Recommender
from gnas.nn.together import known_names
from gnas.plugins import keep_code
from gnas.rng import numpy_rng
from gnas.run.environment import describe_environment
from gnas.rundir.beginning import write_config, write_space
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import write_record
from gnas.space.search_space import SearchSpace
from gnas.train.checkpoint import load_model

DRAWS = 200
"""Candidates drawn to find what the space may read; what they miss is read when it is asked for."""


@dataclass(frozen=True)
class Prepared:
    """What every candidate of a run shares.

    Attributes:
        graph: of the train interactions alone.
        base: the folder in which relative paths start.
        ratings: their scale where ratings are to be predicted, else None.
    """

    config: RunConfig
    split: Split
    graph: Graph
    device: torch.device
    bank: FeatureBank
    base: Path
    ratings: RatingScale | None = None


def read_split(config: RunConfig, base: Path, tick: Tick = no_tick) -> Work[Split]:
    """Read, clean and split the data of a configuration; `base` resolves relative paths."""
    yield Phase("reading the data")
    return with_newcomers(prepare(config.data, config.seed, base, tick), config.data, base)


def prepare_run(
    config: RunConfig, device: torch.device, base: Path, fingerprint: str | None = None, tick: Tick = no_tick
) -> Work[Prepared]:
    """Read the data and build the graph; `base` resolves relative paths.

    Raises:
        RunError: `fingerprint` is given, and the data are others now.
        DataError: the data cannot be read or used.
    """
    split = yield from read_split(config, base, tick)
    if fingerprint is not None and split.fingerprint != fingerprint:
        raise RunError(
            f"the data changed since this run began (fingerprint {fingerprint[:12]}, now {split.fingerprint[:12]}); "
            f"put the old data back, or start a new run, from a search with `gnas search --fork {base}`"
        )
    for text in describe_steps(split):
        yield Note(text)
    yield Phase("building the graph")
    graph = build_graph(split.train, device, split.seen_behaviours)
    bank = FeatureBank(load_tables(config.data, split, base), split.train, device=str(device))
    ratings = rating_scale(split.train) if metric_of(config.main_metric).of_ratings else None
    return Prepared(config, split, graph, device, bank, base, ratings)


def begin_run(
    run: RunDirectory, config: RunConfig, device: torch.device, space: Mapping[str, object], tick: Tick = no_tick
) -> Work[Prepared]:
    """The data of a new run, and its directory as it stands before anything is trained.

    `space` is that of a search, or the one architecture that is trained.
    """
    prepared = yield from prepare_run(config, device, run.path, tick=tick)
    write_beginning(run, prepared, space)
    return prepared


def write_beginning(run: RunDirectory, prepared: Prepared, space: Mapping[str, object]) -> None:
    """Write what explains, repeats and resumes a run before anything is trained."""
    write_record(run.environment, describe_environment(prepared.device, prepared.config.seed))
    write_json(run.data, describe(prepared.split))
    write_space(run, space)
    keep_code(run.path)
    write_config(run, prepared.config)


def features_of(prepared: Prepared, architecture: Architecture) -> FeatureSet | None:
    """What a candidate reads of users and items; None where it reads nothing."""
    if architecture.members:
        return FeatureSet(
            {}, {}, members=tuple(features_of(prepared, one.architecture) for one in architecture.members)
        )
    return prepared.bank.select(architecture.read)


def model_at(path: Path, architecture: Architecture, prepared: Prepared) -> Recommender:
    """A saved model, ready to score. Raises as `load_model` does."""
    features = features_of(prepared, architecture)
    return load_model(path, architecture, prepared.graph, prepared.split.fingerprint, features)


def pinned(prepared: Prepared, architecture: Architecture) -> Architecture:
    """The architecture for its file: naming the weights of the encoders that it reads with."""
    if architecture.members:
        found = [(one, pinned(prepared, one.architecture)) for one in architecture.members]
        return architecture.with_members([one.model_copy(update={"architecture": own}) for one, own in found])
    return prepared.bank.pinned(architecture) if architecture.reads_features else architecture


def describe_steps(split: Split) -> list[str]:
    """What reading guessed and what is left after cleaning, in sentences."""
    guesses = [guess for step in split.report for guess in step.get("guesses", [])]
    n = len(split.train), len(split.valid), len(split.test)
    sizes = (
        f"{split.n_users:,} users, {split.n_items:,} items, {sum(n):,} interactions "
        f"(train {n[0]:,}, validation {n[1]:,}, test {n[2]:,})"
    )
    added = [
        f"{step['new users']:,} users and {step['new items']:,} items of these occur in feature tables only"
        for step in split.report
        if step["step"] == "new"
    ]
    return [*guesses, sizes, *added]


def read_features(prepared: Prepared, space: SearchSpace, tick: Tick) -> Work[None]:
    """Let every encoder that the space names read its columns; nothing where it names none.

    Raises:
        DataError: the space reads something that the data do not have.
        ConfigError: it names a behaviour that they do not have.
    """
    known_names([str(slot.path[1]) for slot in space.slots if slot.path[0] == "behaviours"], prepared.graph)
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
    drawn = [space.draw(rng).architecture for _ in range(DRAWS)]
    found: dict[str, Features] = {}
    for architecture in [*space.anchors.values(), *drawn]:
        if architecture.read.reads_tables:
            found.setdefault(repr(architecture.read.model_dump(include=set(READ))), architecture.read)
    return list(found.values())
