import pytest

from gnas.config.yaml import load_yaml
from gnas.space.load import load_space
from tests.docs.blocks import Block, blocks


@pytest.mark.parametrize("block", blocks("docs/spaces.md", "yaml"), ids=lambda block: f"line {block.line}")
def test_an_example_of_a_space_can_be_searched(block: Block) -> None:
    space = load_space(load_yaml(block.text, block.place))
    checked = space.check(100)
    assert checked.refused_share <= 0.05
