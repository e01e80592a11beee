"""YAML without its traps, and with line numbers.

Beside plain YAML: `1e-3` is a number; only `true` and `false` are booleans, so that `no`, `on` and `yes` stay words;
`010` is ten and `1:30` is text; dates are text; keys are text; a key that stands twice is an error. Anchors, aliases
and merge keys work as usual.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from gnas.config.document import Document, KeyPath, dotted
from gnas.errors import ConfigError

_PREFIX = "tag:yaml.org,2002:"
_FLOAT = re.compile(
    r"""[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
             |\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?
             |[0-9][0-9_]*[eE][-+]?[0-9]+
             |\.(?:inf|Inf|INF))
        |\.(?:nan|NaN|NAN)""",
    re.VERBOSE,
)
MOST_VALUES, MOST_LEVELS = 100_000, 60
"""What a file may hold, aliases written out; one that says more was not meant to be read."""
_INT = re.compile(r"[-+]?(?:0x[0-9a-fA-F_]+|0o[0-7_]+|[0-9][0-9_]*)")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
_RULES: tuple[tuple[str, re.Pattern[str], list[str]], ...] = (
    ("null", re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("int", _INT, list("-+0123456789")),
    ("merge", re.compile(r"<<"), ["<"]),
)


_TAGS: dict[type[yaml.Node], tuple[str, ...]] = {
    yaml.MappingNode: ("map",),
    yaml.SequenceNode: ("seq",),
    yaml.ScalarNode: ("str", "null", "bool", "int", "float", "merge"),
}


class _Loader(yaml.SafeLoader):
    """Composes nodes; `_Reading` makes values of them."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own protocol


class _Dumper(yaml.SafeDumper):
    """Quotes what either this loader or any YAML 1.1 reader would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - values that are shared are written out
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - lists are indented
        super().increase_indent(flow, False)


for _tag, _pattern, _first in _RULES:
    _whole = re.compile(rf"^(?:{_pattern.pattern})$", _pattern.flags)
    _Loader.add_implicit_resolver(_PREFIX + _tag, _whole, _first)
    if _tag in ("float", "int"):  # `1e-3` and `08` are numbers here and text in YAML 1.1
        _Dumper.add_implicit_resolver(_PREFIX + _tag, _whole, _first)


def _represent_list(dumper: yaml.SafeDumper, data: Any) -> yaml.Node:
    plain = all(not isinstance(value, dict | list | tuple) for value in data)
    short = plain and sum(len(str(value)) + 2 for value in data) <= 88
    return dumper.represent_sequence(_PREFIX + "seq", data, flow_style=short)


def _represent_text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    rare_breaks = any(character in data for character in "\r\x85\u2028\u2029\ufeff")  # lost in other quotes
    return dumper.represent_scalar(_PREFIX + "str", data, style='"' if rare_breaks else None)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(tuple, _represent_list)


def load_yaml(source: Path | str, name: str | None = None) -> Document:
    """Read a file (`Path`) or text (`str`); `name` is what problems call it. Empty input gives the tree None.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or holds a key twice; all problems with file and line.
    """
    if isinstance(source, Path):
        name = name or str(source)
        text = _read(source)
    else:
        name = name or "text"
        text = source
    try:
        node = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax_problem(name, error)) from None
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply; gnas reads {MOST_LEVELS} levels") from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise ConfigError(f"{name}:{line}: not YAML: character {error.character!r} is not allowed; remove it") from None
    reading = _Reading(name)
    tree = None if node is None else reading.value(node, ())
    if reading.problems:
        raise ConfigError(reading.problems)
    return Document(tree, name, reading.places)


def dump_yaml(tree: Any) -> str:
    """Block style, short lists inline, keys in their order; `load_yaml` reads an equal tree back."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not text in UTF-8 (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None


def _syntax_problem(name: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = name if mark is None else f"{name}:{mark.line + 1}"
    what = error.problem or error.context or "cannot be read"
    advice = ""
    if "'\\t'" in what:
        advice = "; indent with spaces, not tabs"
    elif "mapping values are not allowed" in what:
        advice = "; put quotes around a value that contains ': '"
    elif "expected a single document" in (error.context or ""):
        what, advice = "it holds several documents", "; keep one, without `---` between"
    elif "found undefined alias" in what:
        advice = "; define it first with &name"
    elif error.context:
        advice = f" ({error.context})"
    return f"{place}: not YAML: {what}{advice}"


class _Reading:
    """Makes values of nodes; collects the places, and the problems rather than stopping at the first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[KeyPath, str] = {}
        self.problems: list[str] = []
        self._open: set[int] = set()
        self._values = 0

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        if id(node) in self._open:
            return self.problem(node, path, "an alias inside its own anchor never ends; write it out")
        self.count(node)
        if len(path) > MOST_LEVELS:
            return self.problem(node, path[:1], f"nested too deeply; gnas reads {MOST_LEVELS} levels")
        self._open.add(id(node))
        try:
            if node.tag.removeprefix(_PREFIX) not in _TAGS[type(node)]:
                return self.problem(node, path, f"the tag {node.tag} is not understood; write a plain value")
            if isinstance(node, yaml.MappingNode):
                return {key: self.value(inner, (*path, key)) for key, inner in self.entries(node, path)}
            if isinstance(node, yaml.SequenceNode):
                return [self.item(inner, (*path, index)) for index, inner in enumerate(node.value)]
            return self.scalar(node, path)
        finally:
            self._open.remove(id(node))

    def item(self, node: yaml.Node, path: KeyPath) -> Any:
        self.places[path] = self.place(node)
        return self.value(node, path)

    def entries(self, node: yaml.MappingNode, path: KeyPath) -> list[tuple[str, yaml.Node]]:
        """Keys and values in order, merged ones first; notes places and keys that stand twice."""
        merged: dict[str, yaml.Node] = {}
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, inner in node.value:
            if key_node.tag == _PREFIX + "merge":
                for key, value in self.merged(inner, path):
                    merged.setdefault(key, value)
            elif not isinstance(key_node, yaml.ScalarNode) or _UNWRITABLE.search(key_node.value):
                self.problem(key_node, path, "a key must be plain text")
            elif key_node.value in own:
                first = own[key_node.value][0].start_mark.line + 1
                self.problem(key_node, (*path, key_node.value), f"this key stands in line {first} already; keep one")
            else:
                own[key_node.value] = (key_node, inner)
        for key, (key_node, _) in own.items():
            self.places[*path, key] = self.place(key_node)
        for key in merged.keys() - own.keys():
            self.places[*path, key] = self.place(merged[key])
        return list({**merged, **{key: inner for key, (_, inner) in own.items()}}.items())

    def merged(self, node: yaml.Node, path: KeyPath) -> Iterator[tuple[str, yaml.Node]]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode) or id(source) in self._open:
                self.problem(node, path, "<< merges mappings only, as in `<<: *name`")
                return
            self.count(source)
            self._open.add(id(source))
            yield from self.entries(source, path)
            self._open.remove(id(source))

    def scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        text, tag = node.value, node.tag.removeprefix(_PREFIX)
        match tag:
            case "str" | "merge" if _UNWRITABLE.search(text):
                return self.problem(node, path, f"{text[:20]!r} holds a character that no text has; remove it")
            case "str" | "merge":
                return text
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "float" if _FLOAT.fullmatch(text) or _INT.fullmatch(text):
                return float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
            case "int" if _INT.fullmatch(text):
                number = _integer(text.replace("_", ""))
                if number is None:
                    return self.problem(node, path, f"{text[:20]}… is a number beyond 64 bits; write a smaller one")
                return number
        return self.problem(node, path, f"{text!r} with the tag {node.tag} is not understood; write a plain value")

    def count(self, node: yaml.Node) -> None:
        self._values += 1
        if self._values > MOST_VALUES:
            raise ConfigError(f"{self.place(node)}: aliases written out, this is more than {MOST_VALUES:,} values")

    def place(self, node: yaml.Node) -> str:
        return f"{self.name}:{node.start_mark.line + 1}"

    def problem(self, node: yaml.Node, path: KeyPath, sentence: str) -> None:
        keys = f"{dotted(path)}: " if path else ""
        self.problems.append(f"{self.place(node)}: {keys}{sentence}")


def _integer(text: str) -> int | None:
    """The number; None where it does not fit into 64 bits."""
    digits = text.lstrip("+-").lower()
    base = {"0x": 16, "0o": 8}.get(digits[:2], 10)
    number = int(text, base) if len(text) < 100 else 2**63
    return number if -(2**63) <= number < 2**63 else None
