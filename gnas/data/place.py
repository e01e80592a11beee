"""The place of a row, for errors."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where rows come from, so that an error can name the one it means."""

    file: str
    first: int = 1
    """Number of the first row, as an editor counts lines."""
    unit: str = "line"

    def row(self, index: int) -> str:
        """The place of the row at `index`, counted from 0."""
        return f"{self.file}, {self.unit} {index + self.first}"
