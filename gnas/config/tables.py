"""Feature tables: their files, their columns, and their cleaning."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gnas.config.base import Strict

ColumnType = Literal["text", "category", "tags", "number", "time", "image", "audio", "vector", "ignore"]
"""`tags`: several values in one field; `image`, `audio`: the path of a file; `ignore`: left out."""
Scale = Literal["standard", "minmax", "robust", "log", "none"]

UNKNOWN = ("", "?", "-", "NA", "N/A", "NaN", "NaT", "null", "\\N")
"""How files write that a value is not known, compared without case and surrounding blanks."""


class CleanConfig(Strict):
    """Cleaning of feature columns. Every statistic comes from the users or items that occur in train alone."""

    unknown: list[str] = Field(default_factory=lambda: list(UNKNOWN))
    """Cells that mean "not known", whatever their case and the blanks around them."""
    numbers: Literal["mean", "median", "mode"] = "median"
    """What a missing number or time becomes; another column says where one was missing."""
    categories: Literal["token", "mode"] = "token"
    """What a missing category becomes: a category of its own (`token`), or the most frequent one."""
    outliers: Literal["none", "iqr", "quantile"] = "quantile"
    """Numbers are clipped to quartiles ± 3 interquartile ranges, or to the quantiles 0.01 and 0.99."""
    scale: Scale = "standard"
    """`robust`: median and interquartile range; `log`: sign(x)·log(1 + |x|), then standard."""
    scales: dict[str, Scale] = Field(default_factory=dict)
    """Another scale for single columns."""
    min_count: Annotated[int, Field(ge=1)] = 2
    """Categories and tags with fewer occurrences become "other"."""
    max_values: Annotated[int, Field(ge=2, le=65_536)] = 256
    """Only the most frequent categories or tags of a column are kept apart, this many."""


class FeatureTableConfig(Strict):
    """What users or items are: tables, vectors, links. `columns` says the type of a column, the rest is guessed."""

    path: str | list[str] | None = None
    """CSV, TSV, Parquet or JSON lines, also .gz; several files are joined by id, several rows of one id become one."""
    id: str | None = None
    """The column that holds the user's or item's id; gnas guesses it where it is not given."""
    columns: dict[str, ColumnType] = Field(default_factory=dict)
    """What a column holds; gnas guesses the others and says so. `tags`: several values in a cell; `image`, `audio`: the
    path of a file; `ignore`: not read."""
    derive: dict[Annotated[str, Field(min_length=1)], str] = Field(default_factory=dict)
    """Columns made from others, as in `poster: posters/{movie_id}.jpg`."""
    vectors: dict[str, str] = Field(default_factory=dict)
    """Vectors computed elsewhere: .npy (row n is the id n), .npz (`ids`, `vectors`), Parquet (an id and a list)."""
    links: dict[str, str] = Field(default_factory=dict)
    """Files with a pair of ids a row: friends among users, relations among items. With a third column `type`, each type
    is a set of links of its own, `name/type`, and `name` means all of them."""
    new: bool = False
    """Whether ids without any interaction count as users or items too, known by their features alone."""
    folder: str | None = None
    """Where the paths of images and sounds start; by default the folder of the table."""
    separator: str | None = None
    """What separates cells; gnas looks where it is not given."""
    names: list[str] | None = None
    """Names of the columns, for a CSV that does not start with them."""
    clean: CleanConfig = CleanConfig()

    @model_validator(mode="after")
    def _says_where(self) -> "FeatureTableConfig":
        if not self.path and not self.vectors and not self.links:
            raise ValueError("a feature table needs a `path`, `vectors` or `links`")
        if self.new and not self.path:
            raise ValueError("`new: true` takes the ids of a table; give its `path`")
        return self

    @property
    def paths(self) -> list[str]:
        """The table files as a list, none for vectors alone."""
        return [self.path] if isinstance(self.path, str) else list(self.path or [])
