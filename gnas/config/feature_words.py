"""Features of an architecture in a few words: `tfidf+attributes without ids knn 10 w0.5`."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from gnas.config.features import Features, History, Likeness
from gnas.config.words import number, told

_TOLD = {"text", "image", "audio", "attributes", "vectors", "links", "entry", "ids", "knn",
         "history"}  # fmt: skip


def feature_words(features: Features, tree: Mapping[str, Any]) -> str:
    """What is read, and whatever of its canonical `tree` differs from the defaults."""
    words = ["+".join(_read(features, tree))]
    words += ["late"] if tree.get("entry") == "late" else []
    if not tree.get("ids", True):
        words.append("without ids")
    words += _differing({name: value for name, value in tree.items() if name not in _TOLD}, Features, {"fusion": ""})
    if knn := tree.get("knn"):
        words += [f"knn {knn['k']}"] if knn["k"] else []
        words += [f"w{number(knn['weight'])}"] if knn["k"] or features.links else []
        words += _differing({**knn, "k": 0, "weight": 1.0}, Likeness, {"entry": "links "})
    return " ".join(words)


def _read(features: Features, tree: Mapping[str, Any]) -> Iterator[str]:
    for encoder in features.encoders.values():
        yield encoder.words()
    if tree.get("attributes"):
        yield "attributes"
    for name in ("vectors", "links"):
        if tree.get(name):
            yield name if tree[name] == "all" else told(name, tree[name])
    if history := tree.get("history"):
        rest = _differing({**history, "layers": 0, "length": 50}, History)
        yield " ".join([f"history {history['layers']}×{history['length']}", *rest])


def _differing(tree: Mapping[str, Any], model: type[BaseModel], signs: Mapping[str, str] | None = None) -> list[str]:
    """A word for each value of a tree that is not the model's default."""
    words = []
    for name, value in tree.items():
        if value != model.model_fields[name].get_default(call_default_factory=True):
            sign = (signs or {}).get(name)
            words.append(told(name, value) if sign is None else f"{sign}{told('', value)}")
    return words
