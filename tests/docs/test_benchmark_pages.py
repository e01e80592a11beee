"""The commands beside the figures exist: their options are read, and nothing is measured."""

from argparse import ArgumentParser
from importlib import import_module
from typing import Any

import pytest

from tests.docs.blocks import ROOT, blocks

PAGES = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/benchmarks/*.md")) if path.stem != "README"]
COMMANDS = [words for page in PAGES for block in blocks(page, "sh") for words in block.commands()]


class Read(Exception):
    """The options were read."""


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] != "gnas"], ids=" ".join)
def test_a_command_beside_figures_takes_its_options(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = ArgumentParser.parse_args

    def reads(self: ArgumentParser, *given: Any, **named: Any) -> None:
        real(self, *given, **named)
        raise Read

    python = words.index("python")
    assert words[python : python + 3] == ["python", "-m", "benchmarks"]
    monkeypatch.setattr(ArgumentParser, "parse_args", reads)
    with pytest.raises(Read):
        import_module(f"benchmarks.{words[python + 3].replace('-', '_')}").main(words[python + 4 :])
