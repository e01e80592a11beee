"""Behaviours: the kinds of interaction beside the one that is predicted."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from pydantic import model_validator

from gnas.config.base import Strict
from gnas.config.formats import FormatName
from gnas.registry import did_you_mean

Column: TypeAlias = str | int | None


class BehaviourConfig(Strict):
    """A kind of interaction: a file of its own, or some rows of the target's."""

    path: str | None = None
    """The file, in any format of the target's. Without it: rows of the target's own files, told by `value` in
    `data.columns.behaviour`, or by their rating."""
    user: Column = None
    """Its column of users; as for the target, gnas guesses what is not given."""
    item: Column = None
    """Its column of items."""
    rating: Column = None
    """Its column of ratings, which are read for the bounds below alone."""
    time: Column = None
    """Its column of times, which a split by time needs."""
    format: FormatName | None = None
    """How the file is written; by default as `data.format` says."""
    value: str | int | None = None
    """The word in the column of behaviours; by default its name here."""
    min_rating: float | None = None
    """Only what is rated at least this: `liked: {min_rating: 4}`."""
    max_rating: float | None = None
    """Only what is rated at most this: `disliked: {max_rating: 2}`."""

    @model_validator(mode="after")
    def _bounds_leave_something(self) -> "BehaviourConfig":
        low, high = self.min_rating, self.max_rating
        if low is not None and high is not None and low > high:
            raise ValueError(f"min_rating {low:g} is above max_rating {high:g}, which leaves nothing")
        if self.path is None and self.format is not None:
            raise ValueError("`format` is that of a file of its own; give its `path` too")
        return self

    @property
    def by_rating(self) -> bool:
        """Whether ratings tell its rows."""
        return self.min_rating is not None or self.max_rating is not None


BehaviourFiles: TypeAlias = dict[str, str | BehaviourConfig]
"""A file, or more about it, by the name of the behaviour; and the two words of `RULES`."""

HeldOut = Literal["keep", "drop"]
RULES: dict[str, tuple[str, str]] = {"held_out": ("keep", "drop"), "unknown": ("drop", "keep")}
"""What is no behaviour among `data.behaviours`, and what it may be, the default first."""


def behaviours_of(written: Mapping[str, str | BehaviourConfig]) -> dict[str, BehaviourConfig]:
    """The behaviours alone; a bare path is `{path: …}`."""
    return {
        name: BehaviourConfig(path=one) if isinstance(one, str) else one
        for name, one in written.items()
        if name not in RULES
    }


def rule_of(written: Mapping[str, str | BehaviourConfig], name: str) -> str:
    """What `data.behaviours` says of one of `RULES`."""
    return str(written.get(name, RULES[name][0]))


def checked(written: Mapping[str, str | BehaviourConfig], column: Column, target: str | int | None) -> None:
    """Raises `ValueError` with one sentence on what does not fit."""
    for name, words in RULES.items():
        if name in written and written[name] not in words:
            said = written[name]
            told = repr(said) if isinstance(said, str) else "a mapping"
            hint = f" ({near[: near.index('?') + 1]})" if "?" in (near := did_you_mean(str(said), words)) else ""
            raise ValueError(
                f"behaviours.{name} is {' or '.join(words)}, not {told}{hint}; a behaviour cannot have this name"
            )
    if (column is None) != (target is None):
        raise ValueError(
            "`target` says which word in the column of behaviours is predicted; give `columns.behaviour` too"
            if column is None
            else f"`columns.behaviour` is {column!r}; say which of its words is predicted, as in `target: buy`"
        )
    for name, one in behaviours_of(written).items():
        if not name or name == str(target):
            raise ValueError(f"behaviours: {name!r} is {'the target' if name else 'no name'}; give it another name")
        if one.path is None and column is None and not one.by_rating:
            raise ValueError(
                f"behaviours.{name} says neither where it is nor what it is; give its `path`, a `min_rating` or "
                "`max_rating` of the target's own rows, or `columns.behaviour`"
            )
