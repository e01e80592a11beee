"""One table, three faces: rich for a terminal, aligned text for a pipe or log, HTML for the report."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table as RichTable

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """`rows` hold one cell a column; numbers align right, and a mark in `best` stresses those rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    best: frozenset[int] = frozenset()


def show(cell: Cell) -> str:
    """A cell as text: four significant decimals for fractions, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}" if abs(cell) < 100 else f"{cell:,.1f}"
    return str(cell)


def _numeric(table: Table) -> list[bool]:
    columns = range(len(table.columns))
    return [
        any(isinstance(row[column], int | float) for row in table.rows)
        and all(row[column] is None or isinstance(row[column], int | float) for row in table.rows)
        for column in columns
    ]


def to_text(table: Table) -> str:
    """Aligned columns, two blanks apart, no lines."""
    numeric = _numeric(table)
    cells = [list(table.columns), *([show(cell) for cell in row] for row in table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.columns))]
    lines = [table.title] if table.title else []
    for row in cells:
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def to_rich(table: Table) -> "RichTable":
    """A rich table for a terminal."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(
        title=table.title or None, box=box.SIMPLE, title_justify="left", title_style="bold", pad_edge=False
    )
    for name, right in zip(table.columns, _numeric(table), strict=True):
        shown.add_column(name, justify="right" if right else "left", no_wrap=right)
    for number, row in enumerate(table.rows):
        shown.add_row(*(Text(show(cell)) for cell in row), style="bold green" if number in table.best else None)
    return shown


def to_html(table: Table) -> str:
    """A plain HTML table; every text is escaped."""
    numeric = _numeric(table)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.columns)
    lines = [f"<table>{_caption(table.title)}<thead><tr>{head}</tr></thead><tbody>"]
    for number, row in enumerate(table.rows):
        cells = "".join(
            f'<td class="n">{html.escape(show(cell))}</td>' if right else f"<td>{html.escape(show(cell))}</td>"
            for cell, right in zip(row, numeric, strict=True)
        )
        lines.append(f'<tr class="best">{cells}</tr>' if number in table.best else f"<tr>{cells}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _caption(title: str) -> str:
    return f"<caption>{html.escape(title)}</caption>" if title else ""


def column(table: Table, name: str) -> Sequence[Cell]:
    """The cells of one column."""
    position = table.columns.index(name)
    return [row[position] for row in table.rows]
