"""Parameters in a few words, for tables."""

import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[^\W\d][\w./@:-]*")
"""Text that stands in words without quotation marks: nothing that separates them, nothing like a number."""


def number(value: float) -> str:
    """A number in three digits, a whole one in all of them."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e6):
        return f"{value:.0f}"
    return f"{value:.3g}"


def labelled(words: str, *, approximated: bool) -> str:
    """The words for a recommender, and whether its scores are only near those that it stands for."""
    return f"{words} (approximated)" if approximated else words


def told(name: str, value: Any) -> str:
    """`message dropout 0.1`, `heads 4`; a truth as the name or `no` with the name."""
    name = name.replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {_value(value)}".strip()


def _value(value: Any) -> str:
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return "+".join(map(_value, value)) or "[]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} {_value(inner)}" for key, inner in value.items()) + "}"
    text = str(value)
    if value is None:
        return "–"
    return text if _PLAIN.fullmatch(text) else repr(text)


def rounded(tree: Any) -> bool:
    """Whether `number` shows any number of a tree by fewer digits than it has."""
    return any(float(number(value)) != value for value in _numbers(tree))


def _numbers(tree: Any) -> Iterator[float]:
    if isinstance(tree, dict | list | tuple):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from _numbers(inner)
    elif isinstance(tree, int | float):
        yield tree
