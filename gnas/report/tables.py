"""A table for a terminal (rich), a pipe or log (aligned text), and the report (HTML)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table as RichTable

Cell = str | int | float | None
NUMBERS = ({int}, {float}, {int, float})


@dataclass(frozen=True)
class Table:
    """`rows` hold one cell a column; numbers align right, and a mark in `best` stresses those rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    best: frozenset[int] = frozenset()

    @property
    def numeric(self) -> list[bool]:
        """For each column whether it holds numbers."""
        columns = zip(*self.rows, strict=True) if self.rows else ([None] for _ in self.columns)
        return [{type(cell) for cell in column} - {type(None)} in NUMBERS for column in columns]


def show(cell: Cell) -> str:
    """A cell as text: four significant decimals for fractions, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}" if abs(cell) < 100 else f"{cell:,.1f}"
    return str(cell)


def to_text(table: Table) -> str:
    """Aligned columns, two blanks apart, no lines."""
    cells = [list(table.columns), *([show(cell) for cell in row] for row in table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.columns))]
    lines = [table.title] if table.title else []
    for row in cells:
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, table.numeric, strict=True)
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
    for name, right in zip(table.columns, table.numeric, strict=True):
        shown.add_column(name, justify="right" if right else "left", no_wrap=right)
    for number, row in enumerate(table.rows):
        shown.add_row(*(Text(show(cell)) for cell in row), style="bold green" if number in table.best else None)
    return shown
