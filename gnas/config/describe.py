"""An architecture in a few words, for tables: `lightgcn×2 · dim 64 · softmax τ0.1 · lr 0.01`."""

from gnas.config.architecture import Architecture
from gnas.config.base import Choice
from gnas.config.features import plain_entry
from gnas.config.objective import Sampled, ViewContrast
from gnas.config.propagation import (
    ALS,
    NORM_EXPONENT,
    ItemGraph,
    Layered,
    Mixed,
    Propagation,
    Spectral,
    norm_exponent,
)

_SHORT = {"temperature": "τ", "negatives": "k", "gamma": "γ", "negative_weight": "w", "margin": "m", "eps": "ε"}
_STACK = ("residual", "edge_dropout", "message_dropout")


def describe(architecture: Architecture) -> str:
    """What sets a candidate apart, in a line; defaults that say little are left out."""
    propagation = architecture.propagation
    if not propagation.trained:
        links = f" · {_features(architecture)}" if architecture.reads_features else ""
        return _closed_form(propagation) + links
    words = [_propagation(propagation), f"dim {architecture.dim}"]
    if architecture.features.used:
        words.append(_features(architecture))
    if architecture.init != "normal":
        words.append(f"init {architecture.init}")
    if architecture.feature_dropout:
        words.append(f"dropout {_number(architecture.feature_dropout)}")
    if architecture.scorer.kind != "dot":
        words.append(architecture.scorer.kind)
    words.append(_loss(architecture.loss))
    if isinstance(architecture.contrastive, ViewContrast):
        words.append(f"{architecture.contrastive.kind} {_number(architecture.contrastive.weight)}")
    if architecture.optimizer != "adam":
        words.append(architecture.optimizer)
    words.append(f"lr {_number(architecture.lr)}")
    if architecture.batch_size == "full" and not architecture.loss.full_batch:
        words.append("full batch")
    return " · ".join(words)


def _propagation(propagation: Propagation) -> str:
    if not isinstance(propagation, Layered) or propagation.depth == 0:
        return "mf"
    if isinstance(propagation, Mixed):
        name = "→".join(op.kind for op in propagation.ops)
    else:
        name = f"{propagation.kind}×{propagation.depth}"
    details = _norm(propagation)
    for word in ("aggregate", "activation", "heads", "combine"):
        if _differs(propagation, word):
            value = getattr(propagation, word)
            details.append(value if isinstance(value, str) else f"{word} {_number(value)}")
    details += [f"no {word.replace('_', ' ')}" for word in ("linear", "self_loops") if _differs(propagation, word)]
    if propagation.layer0 == 0:
        details.append("no layer 0")
    details += [
        f"{word.replace('_', ' ')} {_number(value)}" for word in _STACK if (value := getattr(propagation, word)) != 0
    ]
    return f"{name} ({', '.join(details)})" if details else name


def _norm(propagation: Propagation) -> list[str]:
    """The normalisation by its name, where it has one, if it is not the operator's default."""
    field = type(propagation).model_fields.get("norm")
    if field is None:
        return []
    exponent = norm_exponent(propagation.norm)  # type: ignore[attr-defined]
    if exponent == norm_exponent(field.default):
        return []
    return [next((name for name, known in NORM_EXPONENT.items() if known == exponent), f"norm {_number(exponent)}")]


def _closed_form(propagation: Propagation) -> str:
    if isinstance(propagation, Spectral):
        parts = []
        if propagation.response != "none":
            order = f" order {propagation.order}" if propagation.response != "linear" else ""
            parts.append(f"{propagation.response}{order}")
        if propagation.ideal:
            parts.append(f"ideal {_number(propagation.ideal)} rank {propagation.rank}")
        norms = f"norm {_number(propagation.user_norm)}/{_number(propagation.item_norm)}"
        return f"spectral {' + '.join(parts)} · {norms}"
    if isinstance(propagation, ItemGraph):
        dropout = f" · dropout {_number(propagation.dropout)}" if propagation.dropout else ""
        norms = f"norm {_number(propagation.user_norm)}/{_number(propagation.item_norm)}"
        return f"item graph λ{_number(propagation.l2)} · {norms}{dropout}"
    if isinstance(propagation, ALS):
        return f"als · rank {propagation.rank} · w{_number(propagation.unobserved)} · λ{_number(propagation.l2)}"
    return propagation.kind


def _loss(loss: Choice) -> str:
    """`softmax τ0.1`, `bpr k4 hard`: the parameters that tell losses apart."""
    words = [loss.kind]
    for name, sign in _SHORT.items():
        if name in type(loss).model_fields and (name in ("temperature", "gamma") or _differs(loss, name)):
            words.append(f"{sign}{_number(getattr(loss, name))}")
    if isinstance(loss, Sampled) and loss.sampling.kind != "uniform":
        words.append(loss.sampling.kind)
    return " ".join(words)


def _features(architecture: Architecture) -> str:
    features = architecture.read
    read = [spec.kind for spec in features.encoders.values()]
    tokens = features.attributes == "transformer" and features.fusion != "none" and architecture.propagation.trained
    read += ["attributes" + " transformer" * tokens] if features.attributes else []
    read += ["vectors"] if features.vectors else []
    read += ["links"] if features.links else []
    history = features.history
    read += (
        [f"history {history.layers}×{history.length}"] if history.layers and architecture.propagation.trained else []
    )
    ids = "" if features.ids else " without ids"
    knn = f" knn {features.knn.k}" if features.knn.k else ""
    if features.knn.k or features.links:
        knn += f" w{_number(features.knn.weight)}"
        knn += " learned" if features.knn.channels == "learned" and architecture.propagation.trained else ""
    align = f" align {_number(features.align)}" if features.aligns and architecture.propagation.trained else ""
    return f"{'+'.join(read)}{_entries(architecture)}{ids}{align}{knn}"


def _entries(architecture: Architecture) -> str:
    """` image, text late` where kinds of features enter at different points."""
    entry = plain_entry(architecture.features)
    if isinstance(entry, str) or architecture.features.fusion == "none" or not architecture.propagation.trained:
        return ""
    return f" {', '.join(kind for kind, point in entry.items() if point == 'late')} late"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _differs(choice: Choice, name: str) -> bool:
    """Whether a parameter exists and is not at its default."""
    field = type(choice).model_fields.get(name)
    return field is not None and getattr(choice, name) != field.default
