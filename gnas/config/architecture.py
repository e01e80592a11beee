"""The genotype: everything that defines a candidate, alone enough to train it again."""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from gnas.config.base import Strict
from gnas.config.features import Features, canonical_features, canonical_links
from gnas.config.objective import (
    BPR,
    SGL,
    AllPairs,
    ContrastiveField,
    DirectAU,
    Dot,
    LossField,
    NoContrastive,
    ScorerField,
)
from gnas.config.propagation import Layered, LightGCN, Mixed, NoPropagation, PropagationField, norm_exponent


class Architecture(Strict):
    """One candidate: propagation, embedding, scorer, loss, optimiser and training length."""

    propagation: PropagationField = LightGCN()
    dim: Annotated[int, Field(ge=1, le=4096)] = 64
    """Embedding size."""
    init: Literal["normal", "xavier", "svd"] = "normal"
    """Start of the embeddings; `svd`: the factors of the normalised interaction matrix."""
    init_scale: Annotated[float, Field(gt=0, le=10)] = 0.1
    """Standard deviation (`normal`) or factor (`svd`) of the start."""
    feature_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout on layer 0."""
    features: Features = Field(default_factory=Features)
    """What users and items are, read by encoders; the default reads nothing."""
    scorer: ScorerField = Dot()
    loss: LossField = BPR()
    contrastive: ContrastiveField = NoContrastive()
    optimizer: Literal["adam", "adamw", "adagrad", "sgd"] = "adam"
    lr: Annotated[float, Field(gt=0, le=100)] = 0.005
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 1e-4
    """L2 on the layer-0 embeddings of the step's nodes, as in the CF literature; decoupled decay for adamw."""
    batch_size: Annotated[int, Field(ge=1)] | Literal["full"] = 2048
    """Positive pairs a step; `full`: all of them in one."""
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Ceiling; early stopping ends sooner."""
    patience: Annotated[int, Field(ge=1)] = 20
    """Evaluations without a better validation value before the end."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "Architecture":
        if isinstance(self.loss, AllPairs) and self.scorer.kind != "dot":
            raise ValueError(
                f"loss all-pairs needs scorer dot, whose sum over all pairs is a product of Gram "
                f"matrices, not {self.scorer.kind}"
            )
        if isinstance(self.loss, DirectAU) and self.scorer.kind == "mlp":
            raise ValueError(
                "loss directau moves embeddings alone and would leave scorer mlp untrained; take dot or cosine"
            )
        depth = self.propagation.depth if isinstance(self.propagation, Layered) else None
        if isinstance(self.contrastive, SGL) and (depth == 0 or not self.propagation.uses_graph):
            what = "depth 0" if depth == 0 else f"propagation {self.propagation.kind}"
            raise ValueError(f"contrastive sgl drops edges, but {what} has no graph; take simgcl")
        return self

    @property
    def reads_features(self) -> bool:
        """Whether features matter: a closed form takes nothing from them but the links of `knn`."""
        if self.propagation.trained:
            return self.features.used
        return self.features.reads_tables and self.features.knn.k > 0

    def written(self) -> dict[str, Any]:
        """The YAML form with every parameter written out; reading it back gives an equal architecture."""
        return self.model_dump(mode="python")


def canonical(architecture: Architecture) -> dict[str, Any]:
    """The YAML form without the parameters that cannot matter, so that equal candidates look equal.

    No graph: no depth, normalisation or edge dropout. Closed form: only the propagation, and the features that it links
    items by. Exact loss: no batch size.
    """
    propagation = architecture.propagation
    if not propagation.trained:
        closed = {"propagation": _canonical_closed_form(propagation.written_in_full())}
        links = canonical_links(architecture.features) if architecture.reads_features else {}
        return {**closed, "features": links} if links else closed
    tree = architecture.written()
    tree["propagation"] = _canonical_propagation(propagation)
    tree["features"] = canonical_features(architecture.features)
    if tree["features"] is None:
        del tree["features"]
    if architecture.loss.full_batch:
        tree["batch_size"] = "full"
    if architecture.init == "xavier":
        del tree["init_scale"]
    return tree


def shown(architecture: Architecture) -> dict[str, Any]:
    """The YAML form for people to read: only what matters, parts that are left out not mentioned, weights pinned.

    Reading it back gives an architecture with an equal identity, whose model has the same tensors.
    """
    tree = canonical(architecture)
    if isinstance(architecture.propagation, Mixed):
        tree["propagation"] = architecture.propagation.written_in_full()
    for parameters in tree["propagation"].values():
        if parameters.get("weights", ...) is None:
            del parameters["weights"]
    if architecture.reads_features:
        for modality, encoder in architecture.features.encoders.items():
            tree["features"][modality] = encoder.written_in_full()
    if not architecture.propagation.trained:
        return tree
    default = Architecture()
    for name in ("feature_dropout", "contrastive"):
        if getattr(architecture, name) == getattr(default, name):
            del tree[name]
    return tree


def identity(architecture: Architecture) -> str:
    """Twelve hexadecimal digits that name the candidate: the hash of its canonical form."""
    text = json.dumps(canonical(architecture), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _canonical_propagation(propagation: Any) -> dict[str, Any]:
    if not isinstance(propagation, Layered) or propagation.depth == 0:
        return NoPropagation().written_in_full()
    if not isinstance(propagation, Mixed):
        return {propagation.kind: _canonical_stack(propagation.model_dump(mode="python"))}
    layers = [{op.kind: _named_norms(op.layer_only()[op.kind])} for op in propagation.ops]
    if all(layer == layers[0] for layer in layers):
        stack = {name: getattr(propagation, name) for name in Layered.STACK_FIELDS}
        return {propagation.ops[0].kind: _canonical_stack({**propagation.ops[0].model_dump(mode="python"), **stack})}
    return {"mixed": _canonical_stack({**propagation.model_dump(mode="python"), "ops": layers})}


def _canonical_stack(parameters: dict[str, Any]) -> dict[str, Any]:
    """Without the share of layer 0 where the combination does not ask for it, norms as exponents."""
    parameters = _named_norms(parameters)
    if parameters.get("weights") is not None:
        del parameters["combine"], parameters["layer0"]
    elif parameters["combine"] in ("last", "learned", "attention"):
        del parameters["layer0"]
    return parameters


def _named_norms(parameters: dict[str, Any]) -> dict[str, Any]:
    if "norm" in parameters:
        return {**parameters, "norm": norm_exponent(parameters["norm"])}
    return parameters


def _canonical_closed_form(tree: dict[str, Any]) -> dict[str, Any]:
    parameters = dict(tree.get("spectral", {}))
    if not parameters:
        return tree
    if parameters["response"] == "none":
        del parameters["user_norm"], parameters["item_norm"], parameters["degree"]
        parameters["ideal"] = 1.0  # a factor of all scores
    if parameters["response"] in ("linear", "none"):
        del parameters["order"], parameters["sharpness"]
    if parameters["ideal"] == 0:
        del parameters["rank"], parameters["ideal_degree"]
    return {"spectral": parameters}
