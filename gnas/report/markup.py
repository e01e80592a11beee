"""Text, tables and charts as HTML, and the page around them: it opens offline, without scripts, in light and dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gnas.report.tables import Table, show


@dataclass(frozen=True)
class Chart:
    """An SVG with what it shows."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Code:
    """Text as it stands in a file."""

    text: str


Part = str | Table | Chart | Code
"""What a page is made of; a string is a paragraph."""


def html_of(part: Part) -> Markup:
    """One part; every text is escaped."""
    macro = getattr(_templates().get_template("parts.html.jinja").module, type(part).__name__.lower())
    return Markup(macro(part))


def page(title: str, lead: str, sections: Mapping[str, Sequence[Part]]) -> str:
    """The whole document; empty parts and sections are left out."""
    drawn = {name: [html_of(part) for part in parts if part] for name, parts in sections.items()}
    return _templates().get_template("report.html.jinja").render(title=title, lead=lead, sections=drawn)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["show"] = show
    return environment
