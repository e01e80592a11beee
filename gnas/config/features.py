"""Features as part of an architecture: what is read, how it is fused, where it enters."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from gnas.config.base import AlsoWritten, Strict
from gnas.config.encoders import AudioField, EncoderSpec, ImageField, NoEncoder, TextField
from gnas.config.named import FUSIONS, FusionName

DropoutRate = Annotated[float, Field(ge=0, lt=1)]
Point = Literal["early", "late"]
"""Added to the embeddings before the propagation, or to its result."""


class History(Strict):
    """A small Transformer reads what a user took in train and adds it to the user's embedding.

    As in SASRec (Kang & McAuley, ICDM 2018), but the result is added to the embedding rather than standing for it.
    """

    layers: Annotated[int, Field(ge=0, le=4)] = 0
    """Layers of the Transformer; 0: nothing is read."""
    heads: Annotated[int, Field(ge=1, le=16)] = 2
    """Heads of its attention; they divide `dim`."""
    length: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many interactions are read: the latest, or random ones where the data have no times."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of a history left out, drawn again in each step, since the history holds what is to be predicted."""
    entry: Point = "late"
    """`late`: added to the result of the propagation; `early`: before it, so that it reaches items as well."""


class Likeness(Strict):
    """A frozen graph that links users to like users and items to like items, by the cosine of each reading.

    x ← x + weight · Sᵏ x with S the normalised links, k = `layers`; links that are given belong to it. Zhang et al.,
    "LATTICE", ACM MM 2021; frozen as in Zhou & Shen, "FREEDOM", ACM MM 2023.
    """

    k: Annotated[int, Field(ge=0, le=1000)] = 0
    """Neighbours of each user or item in each reading; 0: none."""
    layers: Annotated[int, Field(ge=1, le=8)] = 1
    """How many links far."""
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Weight of what comes over the links."""
    entry: Point = "late"
    """Whether the links act on layer 0 (`early`) or on the result of the propagation (`late`)."""


def _as_one_name(names: Any) -> list[Any]:
    return {0: ["none"], 1: names}.get(len(names), []) if isinstance(names, list) else []


Names = Annotated[list[str] | Literal["all"], AlsoWritten(_as_one_name)]


class Features(Strict):
    """Which features a candidate reads, and what it does with them. By default it reads none."""

    text: TextField = NoEncoder()
    """What reads the columns of text."""
    image: ImageField = NoEncoder()
    """What reads the columns of images."""
    audio: AudioField = NoEncoder()
    """What reads the columns of sounds."""
    attributes: bool = False
    """Whether categories, tags, numbers and times are read: side by side, projected like any other reading."""
    vectors: Names = Field(default_factory=list)
    """Columns of precomputed vectors to read. A single name needs no brackets."""
    links: Names = Field(default_factory=list)
    """Links of the data to follow, beside those of `knn`: `friends`, or one type of several, `related/series`. `shared`
    needs no data: each user and each item with the ten that share the most with it in train."""
    sides: Literal["both", "users", "items"] = "both"
    """Whose features and links are read."""
    hidden: Annotated[int, Field(ge=0, le=4096)] = 0
    """Hidden units of each projection to `dim`; 0: a linear map."""
    fusion: FusionName = "sum"
    """How the projections become one: added (`sum`), joined and mapped (`concat`), each with a gate (`gated`), or
    weighted by attention. `none`: nothing is projected, and the readings only say who is alike (`knn`)."""
    entry: Point = "early"
    """Whether features are added before the propagation (`early`) or to its result (`late`)."""
    ids: bool = True
    """Whether users and items with features have a free embedding as well."""
    id_dropout: DropoutRate = 0.0
    """Share of free embeddings left out, drawn again in each step (DropoutNet, Volkovs et al., NeurIPS 2017)."""
    modality_dropout: DropoutRate = 0.0
    """Share of readings treated as missing, drawn again in each step."""
    knn: Likeness = Likeness()
    """Links between users, or items, that are alike."""
    history: History = History()
    """What users took before, in the order of time. It needs no feature tables."""

    @model_validator(mode="before")
    @classmethod
    def _none_is_short(cls, value: Any) -> Any:
        return {} if value in ("none", None) else value

    @field_validator("vectors", "links", mode="before")
    @classmethod
    def _one_name_is_a_list(cls, value: Any) -> Any:
        if not isinstance(value, str) or value == "all":
            return value
        return [] if value == "none" else [value]

    @model_validator(mode="after")
    def _something_is_propagated(self) -> "Features":
        if self.entry == "late" and not self.ids:
            raise ValueError("entry late with `ids: false` leaves nothing to propagate; take entry early")
        if not self.fuses and not self.ids:
            raise ValueError("fusion none with `ids: false` leaves nothing to propagate; take another fusion")
        if not self.fuses and not self.knn.k and self.projects:
            raise ValueError("fusion none reads features for `knn` alone; set knn.k, or take another fusion")
        return self

    @property
    def encoders(self) -> dict[str, EncoderSpec]:
        """Modality and encoder of the modalities that are read."""
        read = {"text": self.text, "image": self.image, "audio": self.audio}
        return {modality: spec for modality, spec in read.items() if spec.reads}

    @property
    def used(self) -> bool:
        """Whether anything is read at all."""
        return self.reads_tables or self.history.layers > 0

    @property
    def reads_tables(self) -> bool:
        """Whether anything is read of what users and items are, rather than of what they did."""
        return self.projects or bool(self.links)

    @property
    def fuses(self) -> bool:
        """Whether readings become part of embeddings, rather than only saying who is alike."""
        return FUSIONS[self.fusion].projects

    @property
    def projects(self) -> bool:
        """Whether anything is read that can be projected."""
        return bool(self.encoders or self.attributes or self.vectors)


READ = ("text", "image", "audio", "attributes", "vectors", "links", "sides")
"""The fields that say what is read, whatever becomes of it."""


def linking(features: Features) -> Features:
    """What a closed form takes of them: what links, nothing that is only projected."""
    if not features.reads_tables:
        return Features()
    if features.knn.k:
        return features.model_copy(update={"history": History()})
    if not features.links:
        return Features()
    return Features(links=features.links, sides=features.sides, knn=features.knn)


def canonical_features(features: Features) -> dict[str, Any] | None:
    """The YAML form without what is not read and without the hashes of weights; None where nothing is read."""
    if not features.used:
        return None
    tree = features.model_dump(mode="python")
    for modality in ("text", "image", "audio"):
        if modality not in features.encoders:
            del tree[modality]
        else:
            tree[modality] = features.encoders[modality].canonical()
    if not features.ids:
        del tree["id_dropout"]
    if not features.links:
        del tree["links"]
        if not (features.knn.k and features.projects):
            del tree["knn"]
    if not features.fuses or not features.projects:
        del tree["entry"], tree["hidden"], tree["modality_dropout"]
    if not features.history.layers:
        del tree["history"]
    return tree


def canonical_links(features: Features) -> dict[str, Any]:
    """The YAML form of what links items in a closed form: what is read, and `knn` without where it enters."""
    tree = canonical_features(features) or {}
    kept: dict[str, Any] = {key: tree[key] for key in READ if key in tree}
    return {**kept, "knn": {key: value for key, value in tree["knn"].items() if key != "entry"}}


def pinned(features: Features) -> dict[str, Any]:
    """The encoders with the hashes of their weights."""
    return {modality: encoder.written_in_full() for modality, encoder in features.encoders.items()}
