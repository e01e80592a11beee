from datetime import UTC, date, datetime

import polars as pl
import pytest

from gnas.data.place import Place
from gnas.data.times import time_values

PLACE = Place("a.csv", 2)


def seconds(values: list[object] | pl.Series) -> list[int | None]:
    series = values if isinstance(values, pl.Series) else pl.Series("time", values)
    return time_values(series, "time", PLACE)[0].to_list()


@pytest.mark.parametrize(
    ("per_second", "unit"), [(10**3, "milliseconds"), (10**6, "microseconds"), (10**9, "nanoseconds")]
)
def test_finer_units_are_told_by_their_size_and_said(per_second: int, unit: str) -> None:
    series = pl.Series([1_300_000_000 * per_second + per_second // 2, 1_300_000_001 * per_second])
    values, guess = time_values(series, "when", PLACE)
    assert values.to_list() == [1_300_000_000, 1_300_000_001]
    assert guess == f"a.csv: column 'when' holds {unit} since 1970"


def test_seconds_need_no_guess() -> None:
    values, guess = time_values(pl.Series([0, 1_300_000_000, None]), "when", PLACE)
    assert (values.to_list(), guess) == ([0, 1_300_000_000, None], None)
    assert seconds([1.9, 2.0]) == [1, 2]
    assert seconds(["12", "7.5", "", "NA", "NaN", "-", "none"]) == [12, 7, *[None] * 5]
    assert seconds([1.0, float("nan")]) == [1, None]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2011-04-07", datetime(2011, 4, 7, tzinfo=UTC)),
        ("2011/04/07", datetime(2011, 4, 7, tzinfo=UTC)),
        ("20110407", datetime(2011, 4, 7, tzinfo=UTC)),
        ("2011-04-07 10:43", datetime(2011, 4, 7, 10, 43, tzinfo=UTC)),
        ("2011-04-07 10:43:05", datetime(2011, 4, 7, 10, 43, 5, tzinfo=UTC)),
        ("2011-04-07T10:43:05Z", datetime(2011, 4, 7, 10, 43, 5, tzinfo=UTC)),
        ("2011-04-07T10:43:05.250", datetime(2011, 4, 7, 10, 43, 5, tzinfo=UTC)),
        ("2011-04-07T10:43:05.250Z", datetime(2011, 4, 7, 10, 43, 5, tzinfo=UTC)),
        ("2011-04-07T10:43:05+02:00", datetime(2011, 4, 7, 8, 43, 5, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_utc_unless_they_name_a_zone(text: str, moment: datetime) -> None:
    assert seconds([text, None, text]) == [int(moment.timestamp()), None, int(moment.timestamp())]


def test_dates_of_different_forms_may_stand_in_one_column() -> None:
    assert seconds(["2011-04-07", "2011-04-07 00:00:01"]) == [1302134400, 1302134401]


def test_dates_of_a_typed_file_are_taken_as_they_are() -> None:
    assert seconds(pl.Series([date(1970, 1, 2)])) == [86_400]
    assert seconds(pl.Series([datetime(1970, 1, 1, 0, 1)], dtype=pl.Datetime("ns"))) == [60]
