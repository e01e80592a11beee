"""`gnas space`: search spaces, before anything is trained."""

from typing import Annotated

import typer

from gnas.cli import complete
from gnas.cli.options import Json, Quiet, examples

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, sample, count and show search spaces.")

Named = Annotated[
    str, typer.Argument(metavar="SPACE", help="A shipped name or a YAML file.", autocompletion=complete.spaces)
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY.PATH=VALUE", help="Change the space, as in --set dim=64.")
]


@app.command("check", epilog=examples("gnas space check my-space.yaml", "gnas space check compact"))
def check(space: Named, overrides: Overrides = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Report every problem of a space at once.

    Exits with 2 where there is one.
    """
    from gnas.cli.output import Output
    from gnas.cli.spaces import check_space

    check_space(space, overrides or [], Output(as_json, quiet))


@app.command("sample", epilog=examples("gnas space sample compact -n 5", "gnas space sample full --json"))
def sample(
    space: Named,
    n: Annotated[int, typer.Option("-n", "--n", min=1, help="How many.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the draw.")] = 0,
    overrides: Overrides = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw some architectures at random, in words."""
    from gnas.cli.output import Output
    from gnas.cli.spaces import sample_space

    sample_space(space, n, seed, overrides or [], Output(as_json, quiet))


@app.command("size", epilog=examples("gnas space size lightgcn"))
def size(space: Named, overrides: Overrides = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Count the distinct architectures of a space."""
    from gnas.cli.output import Output
    from gnas.cli.spaces import size_of_space

    size_of_space(space, overrides or [], Output(as_json, quiet))


@app.command("show", epilog=examples("gnas space show", "gnas space show compact > my-space.yaml"))
def show(
    space: Annotated[
        str | None,
        typer.Argument(metavar="SPACE", help="Which; without it, the shipped names.", autocompletion=complete.spaces),
    ] = None,
    overrides: Overrides = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print a space as YAML.

    Everything that it extends merged in. Without a name, the shipped ones are listed.
    """
    from gnas.cli.output import Output
    from gnas.cli.spaces import list_spaces, show_space

    output = Output(as_json, quiet)
    if space is None:
        list_spaces(output)
    else:
        show_space(space, overrides or [], output)
