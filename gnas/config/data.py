"""Where interactions come from, how they are cleaned and split."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gnas.config.base import Strict
from gnas.config.formats import AUTO, FormatName
from gnas.config.tables import FeatureTableConfig

Share = Annotated[float, Field(ge=0)]


class ColumnsConfig(Strict):
    """Names (or, without a header, 0-based numbers) of the columns; the rest is guessed and the guess printed.

    The word `none` for `rating` or `time` says that there is no such column, whatever the names look like.
    """

    user: str | int | None = None
    item: str | int | None = None
    rating: str | int | None = None
    time: str | int | None = None


class FilterConfig(Strict):
    """Cleaning, before the split; every step is counted in the report."""

    min_rating: float | None = None
    """Keep interactions rated at least this."""
    duplicates: Literal["last", "first", "sum", "mean"] = "last"
    """Several rows of one user and item become the latest, the earliest, or one with ratings added or averaged.

    Without ratings, `sum` counts the rows.
    """
    core: Annotated[int, Field(ge=1)] | None = None
    """Iterative k-core: every user and every item keeps at least this many interactions."""
    user_core: Annotated[int, Field(ge=1)] | None = None
    item_core: Annotated[int, Field(ge=1)] | None = None
    max_users: Annotated[int, Field(ge=2)] | None = None
    """A seeded sample of the users, for trials on large data."""


class SplitConfig(Strict):
    """How interactions are shared out. Validation is always apart from test.

    Where `train` and `test` are given as files, this says how validation is carved from train.
    """

    kind: Literal["random", "leave-out", "user-time", "global-time", "cold-items"] = "random"
    """`random` within each user; `leave-out` the last n of each user (without times: n at random); `user-time` the
    latest share of each user; `global-time` two cuts in time for everyone; `cold-items` all interactions of random
    items, which train then knows by their features alone."""
    valid: Share = 0.1
    """Share of the interactions, for `leave-out` their number per user, for `cold-items` the share of the items."""
    test: Share = 0.2

    @model_validator(mode="after")
    def _shares_are_possible(self) -> "SplitConfig":
        if self.kind == "leave-out":
            if self.valid != int(self.valid) or self.test != int(self.test) or self.valid < 1 or self.test < 0:
                raise ValueError(
                    "leave-out takes whole numbers per user, valid at least 1; "
                    f"got valid {self.valid}, test {self.test}"
                )
        elif not (0 < self.valid < 1 and self.valid + self.test < 1):
            raise ValueError(
                f"valid {self.valid} and test {self.test} must leave a share for train: "
                f"train + valid + test is one, valid above 0 and valid + test below 1"
            )
        return self


class SyntheticConfig(Strict):
    """A planted world: blocks of users who like blocks of items, power-law popularity, titles, friends, times."""

    users: Annotated[int, Field(ge=2, le=10**8)] = 500
    items: Annotated[int, Field(ge=2, le=10**8)] = 300
    interactions_per_user: Annotated[float, Field(gt=0, le=10**5)] = 20.0
    blocks: Annotated[int, Field(ge=1)] = 8
    noise: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of interactions outside the user's block."""
    popularity: Annotated[float, Field(ge=0)] = 0.8
    """Exponent of the power law of item popularity."""
    ratings: bool = False
    seed: int = 0


class DataConfig(Strict):
    """One source, or files that are split already."""

    source: str | None = None
    """A name of the catalogue (`gnas data list`), `synthetic`, or a file or folder."""
    train: str | None = None
    valid: str | None = None
    test: str | None = None
    format: FormatName = AUTO
    separator: str | None = None
    header: bool | None = None
    """Whether a CSV or TSV starts with names; looked at where not given."""
    columns: ColumnsConfig = ColumnsConfig()
    filter: FilterConfig = FilterConfig()
    split: SplitConfig = SplitConfig()
    synthetic: SyntheticConfig = SyntheticConfig()
    users: FeatureTableConfig | None = None
    items: FeatureTableConfig | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "DataConfig":
        if (self.source is None) == (self.train is None):
            raise ValueError("give either `source` (one set, split by gnas) or `train` and `test` (split already)")
        if self.train is None and (self.valid is not None or self.test is not None):
            raise ValueError("`valid` and `test` files need a `train` file beside them")
        return self
