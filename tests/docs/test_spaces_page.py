import pytest

from gnas.config.yaml import load_yaml
from gnas.space.load import load_space
from gnas.space.ranges import RANGES
from tests.cli.gnas_runner import run_gnas
from tests.docs.blocks import ROOT, Block, blocks

PAGE = "docs/spaces.md"


@pytest.mark.parametrize("block", blocks(PAGE, "yaml"), ids=lambda block: f"line {block.line}")
def test_an_example_of_a_space_can_be_searched(block: Block) -> None:
    space = load_space(load_yaml(block.text, block.place))
    checked = space.check(100)
    assert checked.refused_share <= 0.05


def test_every_kind_of_range_is_explained() -> None:
    page = (ROOT / PAGE).read_text()
    assert [word for word in RANGES if f"| `{{{word}:" not in page] == []


def test_the_commands_run() -> None:
    for block in blocks(PAGE, "sh"):
        for command, *words in block.commands():
            assert command == "gnas"
            ran = run_gnas(*words)
            assert ran.code == 0, ran.err
