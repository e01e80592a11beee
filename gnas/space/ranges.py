"""Reads one range of a search space: `{int: [1, 4]}`, `{float: [1e-4, 1e-1], log: true}`, `{choice: [32, 64]}`."""

import math
from typing import Any

from gnas.config.problems import shorten
from gnas.space.domain import Categorical, Domain, Fixed, Integer, Real, Stepped, same

RANGES = {
    "int": {"int", "step", "log", "when"},
    "float": {"float", "step", "log", "when"},
    "choice": {"choice", "when"},
    "repeat": {"repeat", "of", "when"},
    "value": {"value", "when"},
    "cases": {"cases"},
}
"""The words that make a mapping a range rather than a mapping of parameters, and the keys beside each."""


def range_key(node: Any) -> str | None:
    """The word that makes `node` a range, or None."""
    if not isinstance(node, dict):
        return None
    return next((word for word in RANGES if word in node), None)


def read_range(node: dict[str, Any], word: str) -> Domain:
    """The domain of a range that holds no branches.

    Raises:
        ValueError: the sentence that says what is wrong with it.
    """
    match word:
        case "int":
            return _integer(node)
        case "float":
            return _real(node)
        case "choice":
            return _categorical(node["choice"])
        case _:
            return Fixed((node["value"],))


def _integer(node: dict[str, Any]) -> Integer:
    ends = _ends(node["int"], "int", int)
    step, log = node.get("step", 1), _log(node)
    low, high = ends
    if isinstance(step, bool) or not isinstance(step, int) or step < 1:
        raise ValueError(f"step must be a whole number of at least 1, not {shorten(step)}")
    if log and (low < 1 or step != 1):
        raise ValueError(f"log needs whole numbers from 1 up and no step, not [{low}, {high}] in steps of {step}")
    if (high - low) % step:
        last = high - (high - low) % step
        raise ValueError(
            f"steps of {step} from {low} do not meet {high}; write [{low}, {last}] or [{low}, {last + step}]"
        )
    return Integer(low, high, step, log)


def _real(node: dict[str, Any]) -> Domain:
    ends = _ends(node["float"], "float", int | float)
    step, log = node.get("step"), _log(node)
    low, high = float(ends[0]), float(ends[1])
    if log and (low <= 0 or step is not None):
        raise ValueError(f"log needs numbers above 0 and no step, not [{low:g}, {high:g}]")
    if step is None:
        return Real(low, high, log)
    if isinstance(step, bool) or not isinstance(step, int | float) or not 0 < step < math.inf:
        raise ValueError(f"step must be a number above 0, not {shorten(step)}")
    n = (high - low) / step
    if not math.isclose(n, round(n), abs_tol=1e-6):
        last = low + math.floor(n) * step
        raise ValueError(f"steps of {step:g} from {low:g} do not meet {high:g}; write [{low:g}, {last:g}]")
    return Stepped(low, high, float(step))


def _categorical(options: object) -> Categorical:
    if not isinstance(options, list) or not options:
        raise ValueError(
            f"choice takes a list of values, as in [32, 64], or a mapping of branches, as in "
            f"{{bpr: {{}}, softmax: {{temperature: 0.1}}}}, not {shorten(options)}"
        )
    for index, option in enumerate(options):
        if isinstance(option, dict | list):
            raise ValueError(
                f"{shorten(option)} is not a plain value; write branches with parameters as a mapping, "
                f"as in {{bpr: {{}}, softmax: {{temperature: 0.1}}}}"
            )
        if any(same(option, earlier) for earlier in options[:index]):
            raise ValueError(f"{shorten(option)} is listed twice; name each value once")
    return Categorical(tuple(options))


def _ends(value: object, word: str, number: Any) -> tuple[Any, Any]:
    whole = "whole numbers" if word == "int" else "numbers"
    example = "[1, 4]" if word == "int" else "[0.001, 0.1]"
    ends = value if isinstance(value, list) else []
    if len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, number) for end in ends):
        raise ValueError(f"{word} takes two {whole}, the lowest and the highest, as in {example}, not {shorten(value)}")
    low, high = ends
    if not math.isfinite(low) or not math.isfinite(high):
        raise ValueError(f"both ends must be finite, not [{low}, {high}]")
    if low > high:
        raise ValueError(f"the lowest comes first: {low} is above {high}; write [{high}, {low}]")
    return low, high


def _log(node: dict[str, Any]) -> bool:
    log = node.get("log", False)
    if not isinstance(log, bool):
        raise ValueError(f"log is true or false, not {shorten(log)}")
    return log
