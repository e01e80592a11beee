"""The genotype: everything that defines a candidate, alone enough to make it again.

An architecture is trained by gradients, solved in closed form, or a blend of others. All three are read by
`Architecture.model_validate`, are named by their `identity`, and told in `words`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from gnas.config import closed_forms  # noqa: F401 - a propagation may be one of them
from gnas.config.base import Strict
from gnas.config.contrastive import ContrastiveField, NoContrastive
from gnas.config.feature_words import feature_words
from gnas.config.features import Features, canonical_features, canonical_links, linking
from gnas.config.losses import BPR, LossField
from gnas.config.named import STARTS, OptimizerName, StartName
from gnas.config.propagation import LightGCN, PropagationField
from gnas.config.scorers import Dot, ScorerField
from gnas.config.words import number, rounded, told


class Architecture(Strict):
    """One candidate of any form: `Trained`, `ClosedForm` or `Blend`."""

    keys: ClassVar[type[Strict]]
    """The model whose fields may be written; a blend has its own."""
    builder: ClassVar[str]
    """What makes the recommender, called with the architecture, graph, seed, rating scale and features."""

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_form(cls, value: Any, handler: ModelWrapValidatorHandler["Architecture"]) -> "Architecture":
        if cls is not Architecture or not isinstance(value, Mapping):
            return handler(value)
        return Blend.model_validate(value) if "blend" in value else Written.model_validate(value).architecture()

    @property
    def identity(self) -> str:
        """Twelve hexadecimal digits that name the candidate: the hash of its canonical form."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def words(self) -> str:
        """The candidate in a line: `lightgcn×2 · dim 64 · softmax τ0.1 · lr 0.01`.

        Whatever matters and differs from the defaults is told, so that different candidates have different words; where
        a number has more digits than are shown, the first of the identity stand at the end.
        """
        mark = [f"#{self.identity[:6]}"] if rounded(self.canonical()) else []
        return " · ".join([*self.told(), *mark])

    @property
    def kind(self) -> str:
        """The name of what it is above all: of its propagation, or `blend`."""
        raise NotImplementedError

    @property
    def trained(self) -> bool:
        """Whether it, or any part of it, is trained by gradients, epoch by epoch."""
        return False

    @property
    def members(self) -> "tuple[BlendMember, ...]":
        """What it is put together from; nothing, unless it is a blend."""
        return ()

    @property
    def most_epochs(self) -> int:
        """Most epochs that its training may take; one for what is not trained."""
        return 1

    @property
    def read(self) -> Features:
        """The features that matter."""
        raise NotImplementedError

    @property
    def reads_features(self) -> bool:
        """Whether features matter."""
        return self.read.used

    def told(self) -> list[str]:
        """The parts of `words`."""
        raise NotImplementedError

    def canonical(self) -> dict[str, Any]:
        """The YAML form without the parameters that cannot matter, so that equal candidates look equal."""
        raise NotImplementedError

    def shown(self) -> dict[str, Any]:
        """The YAML form for people to read: only what matters, parts that are left out not mentioned, weights pinned.

        Reading it back gives an architecture with an equal identity, whose model has the same tensors.
        """
        raise NotImplementedError

    def written(self) -> dict[str, Any]:
        """The YAML form with every parameter written out; reading it back gives an equal architecture."""
        return self.model_dump(mode="python")

    def with_features(self, features: Features) -> "Architecture":
        """The same candidate, reading `features`."""
        return self.model_copy(update={"features": features})

    def with_members(self, _members: "Sequence[BlendMember]", /) -> "Architecture":
        """The same blend of other members; what is no blend stays as it is."""
        return self

    def halved(self) -> "Trained | None":
        """The same candidate with half its batch; None where there is no batch to halve."""
        return None


class Written(Strict):
    """One candidate: everything that is needed to make it again. Of a closed form only propagation and links matter."""

    propagation: PropagationField = LightGCN()
    """What moves over the graph, or the closed form."""
    dim: Annotated[int, Field(ge=1, le=4096)] = 64
    """Embedding size."""
    init: StartName = "normal"
    """How the embeddings start; `svd`: as the factors of the normalised interaction matrix."""
    init_scale: Annotated[float, Field(gt=0, le=10)] = 0.1
    """Standard deviation (`normal`) or factor (`svd`) of the start."""
    feature_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout on layer 0."""
    features: Features = Field(default_factory=Features)
    """What is read of users and items; by default nothing."""
    scorer: ScorerField = Dot()
    """How two embeddings become a score."""
    loss: LossField = BPR()
    """What the training minimises."""
    contrastive: ContrastiveField = NoContrastive()
    """A term beside the loss that contrasts two views of a node."""
    optimizer: OptimizerName = "adam"
    lr: Annotated[float, Field(gt=0, le=100)] = 0.005
    """Learning rate."""
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 1e-4
    """L2 on the layer-0 embeddings of a step, as in the literature; with `adamw`, decoupled decay."""
    batch_size: Annotated[int, Field(ge=1)] | Literal["full"] = 2048
    """Interactions in a step; `full`: all of them."""
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Most epochs; early stopping may end sooner."""
    patience: Annotated[int, Field(ge=1)] = 20
    """The training ends after this many validations without a better value."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "Written":
        refusal = self.loss.refuses(self.scorer) or self.contrastive.refuses(self.propagation)
        if refusal:
            raise ValueError(refusal)
        return self

    def architecture(self) -> Architecture:
        """The architecture that this writes: of a closed form, what matters to it."""
        if not self.propagation.trained:
            return ClosedForm(propagation=self.propagation, features=linking(self.features))
        return Trained.model_construct(self.model_fields_set, **dict(self))


Architecture.keys = Written


class Trained(Written, Architecture):
    """A candidate that is trained: propagation, embedding, scorer, loss, optimiser and training length."""

    builder: ClassVar[str] = "gnas.nn.model:candidate"

    @model_validator(mode="after")
    def _is_trained(self) -> "Trained":
        if not self.propagation.trained:
            raise ValueError(f"propagation {self.propagation.kind} is solved, not trained")
        return self

    @property
    def kind(self) -> str:
        """The propagation."""
        return self.propagation.kind

    @property
    def trained(self) -> bool:
        """Always."""
        return True

    @property
    def most_epochs(self) -> int:
        """The ceiling."""
        return self.epochs

    def halved(self) -> "Trained | None":
        """With half its batch."""
        if self.batch_size == "full" or self.batch_size < 2:
            return None
        return self.model_copy(update={"batch_size": self.batch_size // 2})

    @property
    def read(self) -> Features:
        """All of its features."""
        return self.features

    def canonical(self) -> dict[str, Any]:
        """No graph: no depth, normalisation or edge dropout. Exact loss: no batch size."""
        tree = self.written()
        for name in ("propagation", "scorer", "loss", "contrastive"):
            tree[name] = getattr(self, name).canonical()
        tree["features"] = canonical_features(self.features)
        if tree["features"] is None:
            del tree["features"]
        if self.loss.full_batch:
            tree["batch_size"] = "full"
        if not STARTS[self.init].scaled:
            del tree["init_scale"]
        return tree

    def shown(self) -> dict[str, Any]:
        """Without dropout of features and contrastive term where there are none."""
        tree = self.canonical()
        tree["propagation"] = self.propagation.shown()
        if self.features.used:
            tree["features"] |= _pinned(self.features)
        for name in ("feature_dropout", "contrastive"):
            if getattr(self, name) == type(self).model_fields[name].default:
                del tree[name]
        return tree

    def told(self) -> list[str]:
        """Propagation, size, loss and learning rate; of all else what differs from the defaults."""
        tree = self.canonical()
        words = [self.propagation.words(), f"dim {self.dim}"]
        words += [feature_words(self.features, tree["features"])] if self.features.used else []
        words += self._differing(tree, {"init": "init", "init_scale": "scale", "feature_dropout": "dropout"})
        words += [self.scorer.words()] if self.scorer != Dot() else []
        words += [self.loss.words()]
        words += [self.contrastive.words()] if self.contrastive.used else []
        words += self._differing(tree, {"optimizer": ""})
        words += [f"lr {number(self.lr)}", *self._differing(tree, {"weight_decay": "decay"})]
        if self.batch_size == "full":
            words += [] if self.loss.full_batch else ["full batch"]
        elif not self.loss.full_batch:
            words += self._differing(tree, {"batch_size": "batch"})
        return words + self._differing(tree, {"epochs": "epochs", "patience": "patience"})

    def _differing(self, tree: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
        fields = type(self).model_fields
        return [
            told(word, tree[name])
            for name, word in names.items()
            if name in tree and tree[name] != fields[name].default
        ]


class ClosedForm(Architecture):
    """A candidate that is solved: the closed form, and the features that it links items and users by."""

    builder: ClassVar[str] = "gnas.nn.model:closed_form"
    propagation: PropagationField
    features: Features = Field(default_factory=Features)

    @model_validator(mode="after")
    def _is_solved(self) -> "ClosedForm":
        if self.propagation.trained:
            raise ValueError(f"propagation {self.propagation.kind} is trained, not solved")
        return self

    @property
    def kind(self) -> str:
        """The closed form."""
        return self.propagation.kind

    @property
    def read(self) -> Features:
        """Those that link."""
        return linking(self.features)

    def canonical(self) -> dict[str, Any]:
        """The closed form, and what links."""
        closed = {"propagation": self.propagation.canonical()}
        links = canonical_links(self.read) if self.reads_features else {}
        return {**closed, "features": links} if links else closed

    def shown(self) -> dict[str, Any]:
        """With the weights of encoders."""
        tree = self.canonical()
        if self.reads_features:
            tree["features"] |= _pinned(self.read)
        return tree

    def told(self) -> list[str]:
        """The closed form, and what links."""
        links = [feature_words(self.read, canonical_links(self.read))] if self.reads_features else []
        return [self.propagation.words(), *links]


class BlendMember(Strict):
    """A part of a blend."""

    architecture: Architecture
    """What is blended."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Relative to the weights of the others."""
    epochs: Annotated[int, Field(ge=1)] | None = None
    """Epochs that its training was best at, written by gnas: so many where there is no validation to stop by."""

    def tree(self, architecture: dict[str, Any]) -> dict[str, Any]:
        """The YAML form around that of the architecture."""
        epochs = {} if self.epochs is None else {"epochs": self.epochs}
        return {"weight": self.weight, **epochs, "architecture": architecture}


class Blend(Architecture):
    """The weighted mean of what several architectures say, each on the same scale.

    Rich Caruana et al., "Ensemble Selection from Libraries of Models", ICML 2004.
    """

    builder: ClassVar[str] = "gnas.nn.blend:build_blend"
    blend: Annotated[list[BlendMember], Field(min_length=1)]

    @model_validator(mode="after")
    def _members_are_plain(self) -> "Blend":
        if any(isinstance(member.architecture, Blend) for member in self.blend):
            raise ValueError("a blend does not nest; write its members in one list")
        return self

    @property
    def kind(self) -> str:
        """A blend, whatever of."""
        return "blend"

    @property
    def trained(self) -> bool:
        """Whether a member is."""
        return any(member.architecture.trained for member in self.blend)

    @property
    def members(self) -> tuple[BlendMember, ...]:
        """In the order of the file."""
        return tuple(self.blend)

    @property
    def most_epochs(self) -> int:
        """Of all members, one after the other."""
        return sum(member.architecture.most_epochs for member in self.blend)

    @property
    def read(self) -> Features:
        """Nothing: each member reads what is its own."""
        return Features()

    def with_members(self, members: "Sequence[BlendMember]", /) -> "Blend":
        """A blend of these."""
        return Blend(blend=list(members))

    @property
    def shares(self) -> list[float]:
        """The weights of the members, which add up to 1."""
        total = sum(member.weight for member in self.blend)
        return [member.weight / total for member in self.blend]

    def canonical(self) -> dict[str, Any]:
        """Members in the order of their identities, with their shares."""
        parts = sorted(zip(self.blend, self.shares, strict=True), key=lambda part: part[0].architecture.identity)
        return {"blend": [{"weight": share, "architecture": one.architecture.canonical()} for one, share in parts]}

    def shown(self) -> dict[str, Any]:
        """Each member as it would stand alone."""
        return {"blend": [one.tree(one.architecture.shown()) for one in self.blend]}

    def written(self) -> dict[str, Any]:
        """Each member with every parameter."""
        return {"blend": [one.tree(one.architecture.written()) for one in self.blend]}

    def told(self) -> list[str]:
        """Shares and members, the heaviest first."""
        parts = sorted(
            zip(self.shares, self.blend, strict=True), key=lambda part: (-part[0], part[1].architecture.words)
        )
        members = [f"{number(share)} ({one.architecture.words})" for share, one in parts]
        return [f"blend {' + '.join(members)}"]


def _pinned(features: Features) -> dict[str, Any]:
    """The encoders with the hashes of their weights."""
    return {modality: encoder.written_in_full() for modality, encoder in features.encoders.items()}
