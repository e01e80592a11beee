"""Architectures that are trained by gradients, and the keys that they share with closed forms."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from gnas.config.architecture.base import Architecture, Family
from gnas.config.architecture.closed_form import ClosedForm
from gnas.config.base import Strict
from gnas.config.behaviour_use import BehaviourUses, canonical_uses, words_of_uses
from gnas.config.contrastive import ContrastiveField, NoContrastive
from gnas.config.feature_words import feature_words
from gnas.config.features import Features, canonical_features, linking, pinned
from gnas.config.losses import BPR, LossField
from gnas.config.named import STARTS, OptimizerName, StartName
from gnas.config.propagation import LightGCN, NoPropagation, PropagationField
from gnas.config.scorers import Dot, ScorerField
from gnas.config.words import number, told


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
    behaviours: BehaviourUses = Field(default_factory=dict)
    """What is made of what else users did, by the name of the behaviour; by default nothing."""
    scorer: ScorerField = Dot()
    """How two embeddings become a score."""
    loss: LossField = BPR()
    """What the training minimises."""
    target_mask: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the interactions that each step hides from the propagation; the loss then learns hidden ones alone."""
    prior: PropagationField = NoPropagation()
    """A closed form whose scores the network corrects, times a learned weight; `none`: it stands alone."""
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
    """The training ends after this many epochs without a better value."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the average of its parameters that each step keeps; the average is validated and saved. 0: none."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "Written":
        refusals = [self.loss.refuses(self.scorer), self.contrastive.refuses(self.propagation)]
        if self.target_mask and self.loss.needs_ratings:
            refusals.append(f"loss {self.loss.kind} learns ratings, of which target_mask hides none; set it to 0")
        if self.has_prior and self.prior.trained:
            refusals.append(f"prior {self.prior.kind} is trained; take a closed form, or none")
        if self.has_prior and not self.loss.takes_prior:
            refusals.append(f"loss {self.loss.kind} learns no correction of a prior; take all-pairs")
        for refusal in refusals:
            if refusal:
                raise ValueError(refusal)
        return self

    @property
    def has_prior(self) -> bool:
        """Whether it corrects the scores of a closed form."""
        return self.prior != NoPropagation()

    def architecture(self) -> Architecture:
        """The architecture that this writes: of a closed form, what matters to it."""
        if not self.propagation.trained:
            features = linking(self.features)
            return ClosedForm(propagation=self.propagation, features=features, behaviours=self.behaviours)
        trained = Trained.__new__(Trained)
        trained.__setstate__(self.__getstate__())  # as `model_construct`, in a tenth of the time
        return trained


class Trained(Written, Architecture):
    """A candidate that is trained: propagation, embedding, scorer, loss, optimiser and training length."""

    builder: ClassVar[str] = "gnas.nn.model:Candidate"

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
    def family(self) -> Family:
        """With a prior, which knows the graph, or a layer a graph network; else a factorisation, whatever the loss."""
        graph = self.has_prior or self.propagation.without_graph() is None
        return "graph network" if graph else "factorisation"

    @property
    def trained(self) -> bool:
        """Always."""
        return True

    def most_epochs(self, given: int | None = None, /) -> int:
        """Those that are given, else its own."""
        return given or self.epochs

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
        for name in ("propagation", "scorer", "loss", "contrastive", "prior"):
            tree[name] = getattr(self, name).canonical()
        if not self.has_prior:
            del tree["prior"]
        for name in ("target_mask", "ema"):
            if not tree[name]:
                del tree[name]
        tree["features"] = canonical_features(self.features)
        if tree["features"] is None:
            del tree["features"]
        tree["behaviours"] = canonical_uses(self.behaviours, solved=False)
        if not tree["behaviours"]:
            del tree["behaviours"]
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
            tree["features"] |= pinned(self.features)
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
        words += words_of_uses(tree.get("behaviours", {}))
        words += [self.scorer.words()] if self.scorer != Dot() else []
        words += [self.loss.words(), *self._differing(tree, {"target_mask": "mask"})]
        words += [f"prior ({self.prior.words()})"] if self.has_prior else []
        words += [self.contrastive.words()] if self.contrastive.used else []
        words += self._differing(tree, {"optimizer": ""})
        words += [f"lr {number(self.lr)}", *self._differing(tree, {"weight_decay": "decay"})]
        if self.batch_size == "full":
            words += [] if self.loss.full_batch else ["full batch"]
        elif not self.loss.full_batch:
            words += self._differing(tree, {"batch_size": "batch"})
        return words + self._differing(tree, {"ema": "ema", "epochs": "epochs", "patience": "patience"})

    def _differing(self, tree: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
        fields = type(self).model_fields
        return [
            told(word, tree[name])
            for name, word in names.items()
            if name in tree and tree[name] != fields[name].default
        ]
