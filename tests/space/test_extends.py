from pathlib import Path
from typing import Any

import pytest

from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError
from gnas.space.load import load_space

BASE = """
propagation: {choice: {none: {}, lightgcn: {depth: {int: [1, 4]}, norm: {choice: [sym, left]}}}}
dim: {choice: [32, 64]}
loss: {bpr: {negatives: 4}}
scorer: cosine
lr: {float: [1e-4, 1e-2], log: true}
anchors: [mf]
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def merged(base: Path, text: str) -> dict[str, Any]:
    (base / "own.yaml").write_text(f"extends: base.yaml\n{text}")
    return load_space(str(base / "own.yaml")).tree


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("dim: 16", "dim", 16),
        ("dim: {int: [8, 64]}", "dim", {"int": [8, 64]}),
        ("dim: {choice: [8]}", "dim", {"choice": [8]}),
        ("dim: {when: {loss: bpr}}", "dim", {"choice": [32, 64], "when": {"loss": "bpr"}}),
        ("lr: {float: [0.1, 1]}", "lr", {"float": [0.1, 1], "log": True}),
        ("lr: {float: [0, 1], log: null}\nlr2: null", "lr", {"float": [0, 1]}),
        ("loss: {bpr: {sampling: hard}}", "loss", {"bpr": {"negatives": 4, "sampling": "hard"}}),
        ("loss: {softmax: {}}", "loss", {"softmax": {}}),
        ("loss: softmax", "loss", "softmax"),
        ("loss: {choice: [bpr, bce]}", "loss", {"choice": ["bpr", "bce"]}),
        ("scorer: {mlp: {hidden: 8}}", "scorer", {"mlp": {"hidden": 8}}),
        ("propagation: {gcn: {depth: 2}}", "propagation", {"gcn": {"depth": 2}}),
        (
            "propagation: {choice: {none: null, sage: null, lightgcn: {norm: null, depth: 2}}}",
            "propagation",
            {"choice": {"sage": None, "lightgcn": {"depth": 2}}},
        ),
        ("anchors: [ease]", "anchors", ["ease"]),
        ("epochs: 3", "epochs", 3),
    ],
)
def test_what_stands_here_is_merged_into_what_it_extends(base: Path, text: str, key: str, value: object) -> None:
    if "lr2" in text:
        with pytest.raises(ConfigError, match=r"own.yaml:3: lr2: unknown key .*\n.*lr: must be above 0"):
            merged(base, text)
        text = "lr: {float: [0.1, 1], log: null}"
        value = {"float": [0.1, 1]}
    tree = merged(base, text)
    assert tree[key] == value
    others = {name: node for name, node in load_yaml(BASE).tree.items() if name != key}
    assert {name: node for name, node in tree.items() if name != key} == others


def test_a_key_set_to_null_is_removed(base: Path) -> None:
    tree = merged(base, "dim: null\nanchors: null\nscorer: null")
    assert set(tree) == {"propagation", "loss", "lr"}


def test_spaces_extend_through_several_files_each_from_its_own_folder(base: Path) -> None:
    (base / "sub").mkdir()
    (base / "sub" / "middle.yaml").write_text("extends: ../base.yaml\ndim: 8")
    (base / "top.yaml").write_text("extends: sub/middle.yaml\nlr: 0.5")
    space = load_space("top.yaml", base)
    assert (space.tree["dim"], space.tree["lr"]) == (8, 0.5)
    assert "extends" not in space.tree


def test_problems_are_told_in_the_file_that_made_them(base: Path) -> None:
    (base / "wrong.yaml").write_text("dim: {int: [9, 1]}\nlr: {float: [9, 1]}\n")
    (base / "top.yaml").write_text("extends: wrong.yaml\nlr: {float: [0.1, 0.01]}")
    with pytest.raises(ConfigError) as caught:
        load_space("top.yaml", base)
    first, second = caught.value.problems
    assert first == f"{base}/wrong.yaml:1: dim: the lowest comes first: 9 is above 1; write [1, 9]"
    assert second == f"{base}/top.yaml:2: lr: the lowest comes first: 0.1 is above 0.01; write [0.01, 0.1]"


def test_what_cannot_be_extended(base: Path) -> None:
    (base / "a.yaml").write_text("extends: b.yaml")
    (base / "b.yaml").write_text("extends: a.yaml")
    with pytest.raises(ConfigError, match=r"a.yaml:1: extends: the spaces extend one another in a circle: b.* a.* b"):
        load_space("a.yaml", base)
    with pytest.raises(ConfigError, match=r"space: extends: no search space 'compct': .*did you mean 'compact'\?"):
        load_space({"extends": "compct"}, base)
    with pytest.raises(ConfigError, match=r"space: extends: must be the name or path of one space, not \['compact'\]"):
        load_space({"extends": ["compact"]}, base)


def test_a_shipped_space_is_extended_by_name() -> None:
    space = load_space({"extends": "compact", "propagation": {"choice": {"item_graph": None}}})
    assert "item_graph" not in str(space.parameters()["propagation"])
    assert "propagation.dropout" not in space.parameters()
