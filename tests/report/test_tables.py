import io
import itertools
import xml.etree.ElementTree as ET

import pytest

from gnas.report.markup import Chart, Code, html_of, page
from gnas.report.svg import Bar, Point, bars, scatter, ticks
from gnas.report.tables import Cell, Table, show, to_rich, to_text

TABLE = Table(
    ("name", "ndcg@20", "seconds"),
    (("ease <b>", 0.25, 3), ("popularity", 0.1, None)),
    title="Validation",
    best=frozenset({0}),
)


def test_text_is_aligned_and_numbers_stand_right() -> None:
    assert to_text(TABLE).splitlines() == [
        "Validation",
        "name        ndcg@20  seconds",
        "ease <b>     0.2500        3",
        "popularity   0.1000",
    ]


def test_html_escapes_and_marks_the_best_row() -> None:
    tree = ET.fromstring(html_of(TABLE))
    assert tree.findtext("table/caption") == "Validation"
    rows = tree.findall("table/tbody/tr")
    assert [row.get("class") for row in rows] == ["best", None]
    assert rows[0][0].text == "ease <b>"
    assert [cell.get("class") for cell in rows[0]] == [None, "n", "n"]


def test_rich_shows_markup_in_names_as_it_is() -> None:
    from rich.console import Console

    stream = io.StringIO()
    Console(file=stream, width=80).print(to_rich(Table(("name",), (("[bold]x",),))))
    assert "[bold]x" in stream.getvalue()


@pytest.mark.parametrize(
    ("cell", "text"), [(None, ""), (0.12345, "0.1235"), (1234.56, "1,234.6"), (7, "7"), ("a", "a")]
)
def test_cells(cell: Cell, text: str) -> None:
    assert show(cell) == text


def test_a_page_holds_what_there_is_and_escapes_it() -> None:
    chart = Chart('<svg viewBox="0 0 1 1"/>', "a < b")
    text = page("a & b", "<lead>", {"One": ["", "x > y", TABLE, chart, Code("<pre>")], "None": [], "Empty": [""]})
    body = ET.fromstring(
        text.replace("<!doctype html>", "")
        .replace('<meta charset="utf-8">', "")
        .replace('<meta name="viewport" content="width=device-width">', "")
    ).find("body")
    assert body is not None
    assert body.findtext("h1") == "a & b"
    assert [heading.text for heading in body.findall("section/h2")] == ["One"]
    assert [part.tag for part in body.findall("section/*")] == ["h2", "p", "div", "figure", "pre"]
    assert body.findtext("section/figure/figcaption") == "a < b"
    assert body.findtext("section/pre") == "<pre>"


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.101, 0.134), (-3, 1200), (1e-6, 2e-6)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 3 <= len(found) <= 8
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
    steps = {round((b - a) / (found[1] - found[0]), 6) for a, b in itertools.pairwise(found)}
    assert steps == {1.0}


def test_scatter_is_well_formed_and_has_a_mark_per_point() -> None:
    points = [Point(1, 0.1, "done", "a & b"), Point(2, 0.3, "pruned", "c"), Point(3, 0.2, "done", "d")]
    tree = ET.fromstring(scatter(points, [(1, 0.1), (2, 0.3)], "trial", "ndcg@20"))
    circles = tree.findall("circle")
    assert len(circles) == 3
    heights = [float(circle.get("cy", "nan")) for circle in circles]
    assert heights[1] < heights[2] < heights[0], "a higher value stands higher"
    assert circles[0].findtext("title") == "a & b"


def test_bars_grow_with_the_value_and_carry_whiskers() -> None:
    tree = ET.fromstring(bars([Bar("one", 0.1), Bar("two", 0.2, low=0.15, high=0.25)]))
    widths = [float(bar.get("width", "nan")) for bar in tree.findall("rect")]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.01)
    assert len([path for path in tree.findall("path") if path.get("class") == "whisker"]) == 1


def test_nothing_to_draw_is_no_chart() -> None:
    assert scatter([], [], "x", "y") == ""
    assert bars([]) == ""
