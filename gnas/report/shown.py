"""Results with one form for a terminal, a notebook and JSON."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from gnas.report.documents import Document
from gnas.report.markup import html_of
from gnas.report.tables import Table, to_text


class Shown(ABC):
    """A result with a summary: `repr` is its text, notebooks show its tables."""

    @abstractmethod
    def summary(self) -> Sequence[str | Table]:
        """Lines and tables for a person."""

    @abstractmethod
    def document(self) -> Document:
        """The same for a machine, as `--json` prints it."""

    def __repr__(self) -> str:
        return "\n".join(part if isinstance(part, str) else to_text(part) for part in self.summary())

    def _repr_html_(self) -> str:
        return "\n".join(html_of(part) for part in self.summary() if part)
