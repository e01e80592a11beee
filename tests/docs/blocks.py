"""The fenced blocks of a Markdown page: their language, their text, and why one is not run, if it says so."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]+) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """One fenced block; `reason` is empty where it is run."""

    page: str
    line: int
    language: str
    text: str
    reason: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    def commands(self) -> list[list[str]]:
        """The command lines of a shell block as words, without comments."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def blocks(page: str, language: str | None = None) -> list[Block]:
    """The blocks of a page, of one language or of all."""
    text = (ROOT / page).read_text()
    found = [
        Block(page, text.count("\n", 0, match.start()) + 1, match["language"], match["text"], match["reason"] or "")
        for match in _BLOCK.finditer(text)
    ]
    assert found, f"{page} has no blocks"
    return [block for block in found if language in (None, block.language)]


def named_files(page: str) -> dict[str, str]:
    """The files that a page shows: blocks whose first line is `# name.ending`."""
    found = [(block.text.partition("\n")[0], block.text) for block in blocks(page)]
    return {first.removeprefix("# "): text for first, text in found if re.fullmatch(r"# \w+\.(py|yaml)", first)}
