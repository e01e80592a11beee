"""Results go to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from gnas.files import finite
from gnas.report.shown import Shown
from gnas.report.tables import Table, to_rich, to_text


@dataclass(frozen=True)
class Output:
    """How a command speaks: to a machine (`as_json`), to a person, or only when it must (`quiet`)."""

    as_json: bool = False
    quiet: bool = False

    def show(self, result: Shown) -> None:
        """The result: its document under --json, else its summary."""
        if self.as_json:
            self.result(result.document())
        else:
            self.result({}, *result.summary())

    def result(self, document: Mapping[str, object], *parts: str | Table) -> None:
        """The result: the document under --json, else the same for a person."""
        if self.as_json:
            print(json.dumps(finite(document), ensure_ascii=False, indent=2, default=str))
            return
        for part in parts:
            write(part, sys.stdout)


def write(part: str | Table, stream: TextIO) -> None:
    """Text as it is; a table with rich on a terminal, aligned otherwise."""
    if isinstance(part, str):
        print(part, file=stream)
    elif stream.isatty():
        from rich.console import Console

        Console(file=stream).print(to_rich(part))
    else:
        print(to_text(part), file=stream)
