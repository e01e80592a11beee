"""The data of a run: source, cleaning, split."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gnas.config.base import Strict
from gnas.config.behaviours import BehaviourFiles, behaviours_of, checked
from gnas.config.formats import AUTO, FormatName
from gnas.config.tables import FeatureTableConfig

Share = Annotated[float, Field(ge=0)]


class ColumnsConfig(Strict):
    """Which columns to read, by name or, without a header, by number from 0. gnas guesses the others and says so."""

    user: str | int | None = None
    """Who took something."""
    item: str | int | None = None
    """What was taken."""
    rating: str | int | None = None
    """How much it was liked; `none`: there is no such column."""
    time: str | int | None = None
    """When it was taken; `none`: there is no such column."""
    behaviour: str | int | None = None
    """What was done: view, cart, buy. `data.target` is the word for what is predicted; each other word is a behaviour
    of its own, or those that `data.behaviours` names."""


class FilterConfig(Strict):
    """Cleaning, before the split; every step is counted in the report."""

    min_rating: float | None = None
    """Keep interactions rated at least this."""
    duplicates: Literal["last", "first", "sum", "mean"] = "last"
    """What several rows of one user and item become: the latest, the earliest, or one with ratings added or averaged.
    Without ratings, `sum` counts the rows."""
    core: Annotated[int, Field(ge=1)] | None = None
    """Iterative k-core: every user and every item keeps at least this many interactions."""
    user_core: Annotated[int, Field(ge=1)] | None = None
    """The same for users alone; takes precedence over `core`."""
    item_core: Annotated[int, Field(ge=1)] | None = None
    """The same for items alone; takes precedence over `core`."""
    max_users: Annotated[int, Field(ge=2)] | None = None
    """Keep a random sample of this many users, to try things on large data."""


class SplitConfig(Strict):
    """How interactions are split into train, validation and test.

    Where `train` and `test` are files, this says how validation is taken from train.
    """

    kind: Literal["random", "leave-out", "user-time", "global-time", "cold-items"] = "random"
    """What is held out. `random`: a share of each user's interactions; `leave-out`: the last n of each user, or n at
    random without times; `user-time`: the latest share of each user; `global-time`: all after a point in time;
    `cold-items`: all interactions of random items, which train then knows by their features alone."""
    valid: Share = 0.1
    """Share of the interactions for validation; for `leave-out` their number per user, for `cold-items` the share of
    the items."""
    test: Share = 0.2
    """The same for test."""

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
    """A made-up data set, for `source: synthetic`: blocks of users like blocks of items."""

    users: Annotated[int, Field(ge=2, le=10**8)] = 500
    """Number of users."""
    items: Annotated[int, Field(ge=2, le=10**8)] = 300
    """Number of items."""
    interactions_per_user: Annotated[float, Field(gt=0, le=10**5)] = 20.0
    """Mean number of interactions of a user."""
    blocks: Annotated[int, Field(ge=1)] = 8
    """Groups of users with a taste in common."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of interactions outside the user's block."""
    popularity: Annotated[float, Field(ge=0)] = 0.8
    """Exponent of the power law of item popularity."""
    ratings: bool = False
    """Whether interactions have ratings."""
    funnel: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    """Behaviours on the way to an interaction, the first one first, and the share of each that goes on to the next:
    `{view: 0.2, cart: 0.4}`."""
    aside: Annotated[float, Field(ge=0, le=10**5)] = 0.0
    """Mean number of events of a user in a behaviour `aside`, which is drawn at random and says nothing."""
    seed: int = 0
    """Another seed makes another world."""


class DataConfig(Strict):
    """One source, or files that are split already."""

    source: str | None = None
    """A name of the catalogue (`gnas data list`), `synthetic`, or a file or folder."""
    train: str | None = None
    """In place of `source`: the file to train on, where the data are split already."""
    valid: str | None = None
    """The file for validation; without it, a part of train."""
    test: str | None = None
    """The file for test."""
    format: FormatName = AUTO
    """How the file is written; `auto`: by its ending, else by its first lines."""
    separator: str | None = None
    """What separates cells; gnas looks where it is not given."""
    header: bool | None = None
    """Whether a CSV or TSV starts with the names of its columns; gnas looks where it is not given."""
    columns: ColumnsConfig = ColumnsConfig()
    filter: FilterConfig = FilterConfig()
    split: SplitConfig = SplitConfig()
    synthetic: SyntheticConfig = SyntheticConfig()
    users: FeatureTableConfig | None = None
    """What users are."""
    items: FeatureTableConfig | None = None
    """What items are."""
    target: str | int | None = None
    """The word in `columns.behaviour` for the interactions that are predicted."""
    behaviours: BehaviourFiles = Field(default_factory=dict)
    """What else users did: `{cart: cart.csv, view: {path: views.csv, time: at}}`. Nothing of it is predicted or hidden
    from a ranking. With a split by time only what lies before the cut is seen. Two words are no names: `held_out: drop`
    leaves out what concerns a held-out pair of the target, which is kept by default (a cart is known before a
    purchase); `unknown: keep` adds users and items that the target lacks, which are left out by default."""

    @property
    def named_behaviours(self) -> list[str]:
        """The behaviours that the configuration names, whatever files hold beside them."""
        world = [*self.synthetic.funnel, *(["aside"] if self.synthetic.aside else [])]
        return [*behaviours_of(self.behaviours), *(world if self.source == "synthetic" else [])]

    @model_validator(mode="after")
    def _one_origin(self) -> "DataConfig":
        if (self.source is None) == (self.train is None):
            raise ValueError("give either `source` (one set, split by gnas) or `train` and `test` (split already)")
        if self.train is None and (self.valid is not None or self.test is not None):
            raise ValueError("`valid` and `test` files need a `train` file beside them")
        checked(self.behaviours, self.columns.behaviour, self.target)
        return self
