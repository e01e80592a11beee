import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnas.units import format_duration, parse_duration, parse_mib


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), (90, 90), (0.5, 0.5), ("30s", 30), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400), ("1 d", 86400)],
)
def test_durations_as_people_write_them(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "ten minutes", "10 minutes", "1h-3m", "-5", "0", "0s", float("inf"), float("nan")]
)
def test_what_is_no_duration_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError, match=r"duration"):
        parse_duration(text)


@pytest.mark.parametrize("value", [True, None, [1], {"s": 1}])
def test_other_types_are_refused_with_an_example(value: object) -> None:
    with pytest.raises(ValueError, match=r"write|text such as 90s"):
        parse_duration(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4s"), (9.96, "10s"), (12, "12s"), (59.6, "1m00s"), (185, "3m05s"), (3599.7, "1h00m"), (3720, "1h02m")],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(min_value=1, max_value=1e6))
def test_what_is_shown_reads_back_to_about_the_same(seconds: float) -> None:
    assert abs(parse_duration(format_duration(seconds)) - seconds) < (60.5 if seconds > 3599 else 0.51)


@pytest.mark.parametrize(
    ("text", "mib"), [("900M", 900), ("4G", 4096), ("1.5 GiB", 1536), ("4gb", 4096), ("1T", 2**20), (300, 300)]
)
def test_memory_as_people_write_it(text: str | float, mib: float) -> None:
    assert parse_mib(text) == mib


@pytest.mark.parametrize("text", ["", "lots", "-1G", "0", "4 K", True, None, [1]])
def test_what_is_no_memory_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="amount of memory"):
        parse_mib(text)  # type: ignore[arg-type]
