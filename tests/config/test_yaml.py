from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gnas.config.yaml import dump_yaml, load_yaml
from gnas.errors import ConfigError


def problems(text: str, name: str = "a.yaml") -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_yaml(text, name)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("-2.5e+3", -2500.0),
        (".5", 0.5),
        ("1_000.5", 1000.5),
        ("3.", 3.0),
        ("5_000_000", 5000000),
        ("010", 10),
        ("0x1F", 31),
        ("-0o17", -15),
        ("+7", 7),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("null", None),
        ("~", None),
        ("", None),
        ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"),
        ("=", "="),
        ("'1e-3'", "1e-3"),
        ('"true"', "true"),
        ("1h30m", "1h30m"),
        ("ndcg@20", "ndcg@20"),
        ("1e", "1e"),
        ("-", None),
        (".inf", float("inf")),
        ("-.Inf", float("-inf")),
    ],
)
def test_scalars_mean_what_they_look_like(text: str, value: object) -> None:
    read = load_yaml(f"key: {text}").tree["key"] if text != "-" else load_yaml("key:\n  -").tree["key"][0]
    assert read == value
    assert type(read) is type(value)


def test_keys_are_text_as_written() -> None:
    assert load_yaml("{1: a, on: b, true: c, null: d, 1e-3: e}").tree == {
        "1": "a",
        "on": "b",
        "true": "c",
        "null": "d",
        "1e-3": "e",
    }


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# comment\na:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    document = load_yaml(path)
    assert document.tree == {"a": {"b": 1, "c": ["x", {"d": 2, "e": 3}]}}
    lines = {("a",): 2, ("a", "b"): 3, ("a", "c"): 4, ("a", "c", 0): 5, ("a", "c", 1): 6, ("a", "c", 1, "e"): 7}
    assert {key: document.where(key) for key in lines} == {key: f"{path}:{line}" for key, line in lines.items()}
    assert document.where(("a", "b", "unknown")) == f"{path}:3"
    assert document.where(()) == str(path)
    assert document.at("a", "c").where((1, "e")) == f"{path}:7"


def test_all_duplicate_keys_are_told_at_once_with_both_lines() -> None:
    text = "lr: 1\ntrain:\n  epochs: 2\n  epochs: 3\nlr: 4\ndim: {a: 1, a: 2}\n"
    assert problems(text) == (
        "a.yaml:5: lr: this key stands in line 1 already; keep one",
        "a.yaml:4: train.epochs: this key stands in line 3 already; keep one",
        "a.yaml:6: dim.a: this key stands in line 6 already; keep one",
    )


def test_merge_keys_merge_and_own_keys_win() -> None:
    document = load_yaml("base: &b {x: 1, y: 2}\nmore: &m {z: 9, y: 8}\nnew:\n  <<: [*b, *m]\n  x: 3\nalso: *b\n")
    assert document.tree["new"] == {"x": 3, "y": 2, "z": 9}
    assert document.tree["also"] == {"x": 1, "y": 2}
    assert document.where(("new", "y")) == "text:1"
    assert document.where(("new", "x")) == "text:5"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: b: c", "a.yaml:1: not YAML: mapping values are not allowed here; put quotes around a value"),
        ("a:\n\t- 1", "a.yaml:2: not YAML: found character '\\t' that cannot start any token; indent with spaces"),
        ("a: [1, 2", "a.yaml:1: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n---\nb: 2", "a.yaml:2: not YAML: it holds several documents; keep one"),
        ("a: *nowhere", "a.yaml:1: not YAML: found undefined alias 'nowhere'; define it first with &name"),
        ("a: 1\nb: \x07", "a.yaml:2: not YAML: character 7 is not allowed; remove it"),
        ("a: !!python/object:os.system {}", "a.yaml:1: a: the tag tag:yaml.org,2002:python/object:os.system is not"),
        (
            "a: !!python/name:os.system x",
            "a.yaml:1: a: the tag tag:yaml.org,2002:python/name:os.system is not",
        ),
        (
            "a: !!int 1.5",
            "a.yaml:1: a: '1.5' with the tag tag:yaml.org,2002:int is not understood; write a plain value",
        ),
        ("a: &x [*x]", "a.yaml:1: a.0: an alias inside its own anchor never ends; write it out"),
        ("a: &x {<<: *x}", "a.yaml:1: a: << merges mappings only"),
        ("? [1, 2]\n: 3", "a.yaml:1: a key must be plain text"),
        ("? {a: b}\n: 3", "a.yaml:1: a key must be plain text"),
        ('"\\ud800": 1', "a.yaml:1: a key must be plain text"),
        ('a: ["x\\0y"]', "a.yaml:1: a.0: 'x\\x00y' holds a character that no text has; remove it"),
        ("a: " + "9" * 5000, "a.yaml:1: a: 99999999999999999999… is a number beyond 64 bits; write a smaller one"),
        ("a: 0x8000000000000000", "a.yaml:1: a: 0x8000000000000000… is a number beyond 64 bits"),
        ("a: " + "[" * 100 + "]" * 100, "a.yaml:1: a: nested too deeply; gnas reads 60 levels"),
        ("a: " + "{a: " * 3000 + "}" * 3000, "a.yaml: nested too deeply; gnas reads 60 levels"),
    ],
)
def test_what_is_not_yaml_is_told_in_a_sentence_with_its_line(text: str, sentence: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(sentence)


@pytest.mark.parametrize(
    ("first", "next"), [("[x]", "[*{0},*{0},*{0},*{0}]"), ("{x: 1}", "{{<<: [*{0},*{0},*{0},*{0}]}}")]
)
def test_aliases_that_grow_without_end_are_refused_at_once(first: str, next: str) -> None:
    lines = [f"a: &a {first}", *(f"{b}: &{b} {next.format(a)}" for a, b in pairwise("abcdefghijklmnop"))]
    assert "aliases written out, this is more than 100,000 values" in problems("\n".join(lines))[0]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"a: \xff\xfe")
    for path, sentence in (
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path, "cannot be read"),
        (binary, "not text in UTF-8 (byte 3); save it as UTF-8"),
    ):
        with pytest.raises(ConfigError, match=r"^" + str(path)) as caught:
            load_yaml(path)
        assert sentence in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("\ufeffa: 1", encoding="utf-8")
    assert load_yaml(path).tree == {"a": 1}


def test_dump_is_readable() -> None:
    tree = {"data": {"source": "a b"}, "cutoffs": [10, 20], "ops": ["lightgcn", {"sage": {}}], "lr": 1e-5, "note": "no"}
    assert dump_yaml(tree) == (
        "data:\n  source: a b\ncutoffs: [10, 20]\nops:\n  - lightgcn\n  - sage: {}\nlr: 1.0e-05\nnote: 'no'\n"
    )


_LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(_LETTERS, max_size=20),
    st.from_regex(r"[-+.0-9eE_x:]+", fullmatch=True),
)
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(_LETTERS, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return list(left) == list(right) and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return type(left) is type(right) and left == right


@settings(deadline=None, max_examples=60)
@example({"": "08"})
@given(st.dictionaries(st.text(_LETTERS, max_size=8), _TREES, max_size=5))
def test_what_is_dumped_reads_back_equal(tree: dict[str, Any]) -> None:
    assert _equal(load_yaml(dump_yaml(tree)).tree, tree)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.floats(allow_nan=False) | st.text("a:1e-no'")))
def test_other_readers_read_it_equal_too(tree: dict[str, Any]) -> None:
    read = yaml.safe_load(dump_yaml(tree))
    assert list(read.values()) == list(tree.values())
