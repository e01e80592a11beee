from typing import Any

import pytest

from gnas.config.overrides import Override, apply_overrides
from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError

TEXT = "train: {epochs: 10}\nloss: softmax\ncutoffs: [10, 20]\nspace: compact\nsplit:\n"


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("train.epochs=5", ("train", "epochs"), 5),
        ("train.lr=1e-3", ("train", "lr"), 0.001),
        ("search.timeout=10m", ("search", "timeout"), "10m"),
        ("cutoffs=[5, 50]", ("cutoffs",), [5, 50]),
        ("cutoffs.1=50", ("cutoffs",), [10, 50]),
        ("loss.softmax.temperature=0.2", ("loss",), {"softmax": {"temperature": 0.2}}),
        ("split.valid=0.1", ("split",), {"valid": 0.1}),
        ("a.b.c={d: no}", ("a", "b", "c"), {"d": "no"}),
        ("train=", ("train",), None),
        ("note=a=b", ("note",), "a=b"),
        (("data.source", "a: [1#"), ("data", "source"), "a: [1#"),
    ],
)
def test_an_override_is_put_in(override: Override, path: tuple[str, ...], value: Any) -> None:
    document = load_yaml(TEXT, "a.yaml")
    changed = apply_overrides(document, [override])
    here = changed.tree
    for key in path:
        here = here[key]
    assert here == value
    assert document.tree == load_yaml(TEXT).tree, "the document itself stays"


def test_problems_with_an_overridden_value_name_the_override() -> None:
    changed = apply_overrides(load_yaml(TEXT, "a.yaml"), ["train.epochs=x", "train.patience=3"])
    assert changed.where(("train", "epochs")) == "--set train.epochs=x"
    assert changed.where(("train",)) == "a.yaml:1"


def test_later_ones_win_and_replaced_parts_lose_their_lines() -> None:
    changed = apply_overrides(load_yaml(TEXT, "a.yaml"), ["train.epochs=1", "train={epochs: 2}"])
    assert changed.tree["train"] == {"epochs": 2}
    assert changed.where(("train", "epochs")) == "--set train={epochs: 2}"


def test_all_wrong_overrides_are_told_at_once() -> None:
    overrides = [
        "epochs",
        "=3",
        "a..b=1",
        "space.dim=64",
        "cutoffs.7=1",
        "cutoffs.x=1",
        "train.epochs=[1",
        "x={a: 1, a: 2}",
    ]
    with pytest.raises(ConfigError) as caught:
        apply_overrides(load_yaml(TEXT, "a.yaml"), overrides)
    assert caught.value.problems == (
        "--set epochs: write key.path=value, as in --set train.epochs=5",
        "--set =3: write key.path=value, as in --set train.epochs=5",
        "--set a..b=1: write key.path=value, as in --set train.epochs=5",
        "--set space.dim=64: space is 'compact', which has no 'dim' in it",
        "--set cutoffs.7=1: cutoffs is a list of 2; give a position from 0 to 1, not '7'",
        "--set cutoffs.x=1: cutoffs is a list of 2; give a position from 0 to 1, not 'x'",
        "--set train.epochs=[1: not YAML: expected ',' or ']', but got '<stream end>' (while parsing a flow sequence)",
        "--set x={a: 1, a: 2}: a: this key stands in line 1 already; keep one",
    )
