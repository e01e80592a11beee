"""What the `gnas space` commands do once their words are read."""

from collections.abc import Sequence
from pathlib import Path

from gnas.cli.output import Output
from gnas.config import shipped
from gnas.config.architecture import identity, shown
from gnas.config.describe import describe
from gnas.config.yaml import dump_yaml
from gnas.report.tables import Table
from gnas.rng import numpy_rng
from gnas.space.load import load_space
from gnas.space.search_space import SearchSpace


def _load(space: str, overrides: Sequence[str]) -> SearchSpace:
    return load_space(space, Path.cwd(), tuple(overrides))


def check_space(name: str, overrides: Sequence[str], output: Output) -> None:
    """Every problem as an error; else a sentence, the parameters, and how often a draw is refused."""
    space = _load(name, overrides)
    parameters = space.parameters()
    checked = space.check()
    document = {
        "space": name,
        "ok": True,
        "parameters": {key: str(domain) for key, domain in parameters.items()},
        "anchors": list(space.anchors),
        "draws": checked.draws,
        "refused": dict(checked.refused),
    }
    parts: list[str | Table] = [
        f"{name} is a search space of {len(parameters)} parameters and {len(space.anchors)} anchors.",
        Table(("parameter", "range"), tuple((key, str(domain)) for key, domain in parameters.items())),
    ]
    if checked.refused:
        parts.append(f"{checked.refused_share:.0%} of {checked.draws} random combinations do not fit together:")
        parts += [f"  {count} × {reason}" for reason, count in checked.refused.items()]
    output.result(document, *parts)


def sample_space(name: str, n: int, seed: int, overrides: Sequence[str], output: Output) -> None:
    """Random architectures, in words or whole."""
    space = _load(name, overrides)
    drawn = [space.draw(numpy_rng(seed, "space", "sample", number)).architecture for number in range(n)]
    document = {
        "space": name,
        "architectures": [
            {"identity": identity(one), "words": describe(one), "architecture": shown(one)} for one in drawn
        ],
    }
    output.result(document, *(describe(one) for one in drawn))


def size_of_space(name: str, overrides: Sequence[str], output: Output) -> None:
    """The count, and what it leaves out."""
    size = _load(name, overrides).size()
    document = {
        "space": name,
        "distinct": size.distinct,
        "combinations": size.combinations,
        "exact": size.exact,
        "continuous": list(size.continuous),
    }
    output.result(document, str(size))


def show_space(name: str, overrides: Sequence[str], output: Output) -> None:
    """The merged YAML."""
    tree = _load(name, overrides).written()
    output.result({"space": name, "tree": tree}, dump_yaml(tree).rstrip("\n"))


def list_spaces(output: Output) -> None:
    """The shipped spaces with the first words of each."""
    rows = []
    for name in shipped.names("search_spaces"):
        lines = (shipped.folder("search_spaces") / f"{name}.yaml").read_text().splitlines()
        rows.append((name, next((line.lstrip("# ") for line in lines if line.startswith("# ")), "")))
    output.result(
        {"spaces": [{"name": name, "about": about} for name, about in rows]},
        Table(("space", "about"), tuple(rows)),
        "\nShow one with `gnas space show NAME`.",
    )
