"""`gnas space`: check, sample, count and show search spaces."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnas.cli import complete
from gnas.cli.options import Json, Quiet, examples

if TYPE_CHECKING:
    from gnas.cli.output import Output

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, sample, count and show search spaces.")

Named = Annotated[
    str, typer.Argument(metavar="SPACE", help="A shipped name or a YAML file.", autocompletion=complete.spaces)
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY.PATH=VALUE", help="Change the space, e.g. --set dim=64.")
]


@app.command("check", epilog=examples("gnas space check my-space.yaml", "gnas space check compact"))
def check(space: Named, overrides: Overrides = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Check a search space.

    Reports every problem at once. Exits with 2 if there is one.
    """
    from gnas.cli.output import Output
    from gnas.report.tables import Table
    from gnas.space.load import load_space

    found = load_space(space, Path.cwd(), overrides or ())
    checked = found.check()
    parameters = {key: str(domain) for key, domain in found.parameters().items()}
    parts: list[str | Table] = [
        f"{space} is a search space of {len(parameters)} parameters and {len(found.anchors)} anchors.",
        Table(("parameter", "range"), tuple(parameters.items())),
    ]
    if checked.refused:
        parts.append(f"{checked.refused_share:.0%} of {checked.draws} random combinations do not fit together:")
        parts += [f"  {count} × {reason}" for reason, count in checked.refused.items()]
    document = {
        "space": space, "ok": True, "parameters": parameters, "anchors": list(found.anchors), "draws": checked.draws,
        "refused": dict(checked.refused),
    }  # fmt: skip
    Output(as_json, quiet).result(document, *parts)


@app.command("sample", epilog=examples("gnas space sample compact -n 5", "gnas space sample full --json"))
def sample(
    space: Named,
    n: Annotated[int, typer.Option("-n", "--n", min=1, help="Number of architectures.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The seed.")] = 0,
    overrides: Overrides = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw random architectures from a search space."""
    from gnas.cli.output import Output
    from gnas.rng import numpy_rng
    from gnas.space.load import load_space

    found = load_space(space, Path.cwd(), overrides or ())
    drawn = [found.draw(numpy_rng(seed, "space", "sample", number)).architecture for number in range(n)]
    words = [one.words for one in drawn]
    architectures = [
        {"identity": one.identity, "words": text, "architecture": one.shown()}
        for one, text in zip(drawn, words, strict=True)
    ]
    Output(as_json, quiet).result({"space": space, "architectures": architectures}, *words)


@app.command("size", epilog=examples("gnas space size lightgcn"))
def size(space: Named, overrides: Overrides = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Count the distinct architectures of a search space."""
    from dataclasses import asdict

    from gnas.cli.output import Output
    from gnas.space.load import load_space

    found = load_space(space, Path.cwd(), overrides or ()).size()
    Output(as_json, quiet).result({"space": space, **asdict(found)}, str(found))


@app.command("show", epilog=examples("gnas space show", "gnas space show compact > my-space.yaml"))
def show(
    space: Annotated[
        str | None,
        typer.Argument(metavar="SPACE", help="A shipped name or a YAML file.", autocompletion=complete.spaces),
    ] = None,
    overrides: Overrides = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print a search space as YAML.

    Everything that it extends is merged in. Without a name, lists the shipped spaces.
    """
    from gnas.cli.output import Output
    from gnas.config.yaml import dump_yaml
    from gnas.space.load import load_space

    if space is None:
        _list(Output(as_json, quiet))
        return
    tree = load_space(space, Path.cwd(), overrides or ()).tree
    Output(as_json, quiet).result({"space": space, "tree": tree}, dump_yaml(tree).rstrip("\n"))


def _list(output: "Output") -> None:
    """The shipped spaces with the first words of each."""
    from gnas.config import shipped
    from gnas.report.tables import Table

    rows = []
    for name in shipped.names("search_spaces"):
        lines = (shipped.folder("search_spaces") / f"{name}.yaml").read_text().splitlines()
        rows.append((name, next((line.lstrip("# ") for line in lines if line.startswith("# ")), "")))
    spaces = [{"name": name, "about": about} for name, about in rows]
    hint = "\nShow one with `gnas space show NAME`."
    output.result({"spaces": spaces}, Table(("space", "about"), tuple(rows)), hint)
