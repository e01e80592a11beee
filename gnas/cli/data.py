"""`gnas data`: list, describe and prepare data sets."""

from typing import Annotated

import typer

from gnas.cli.options import Json, Overrides, Quiet, Seed, examples

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, look at and prepare data sets.")

Source = Annotated[
    str, typer.Argument(metavar="CONFIG|FILE|NAME", help="A configuration, a data file or folder, or a named data set.")
]


@app.command("list", epilog=examples("gnas data list", "gnas data list --json"))
def list_sets(as_json: Json = False, quiet: Quiet = False) -> None:
    """List the named data sets.

    With their licences, and whether each is already downloaded.
    """
    from gnas.cli.output import Output
    from gnas.run.data import data_sets

    Output(as_json, quiet).show(data_sets())


@app.command("describe", epilog=examples("gnas data describe clicks.csv", "gnas data describe movielens-small"))
def describe(
    source: Source,
    overrides: Overrides = None,
    seed: Seed = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Describe some data.

    Reads, cleans and splits them; shows counts, cleaning steps, guesses, behaviours and features.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import watched
    from gnas.run.data import describe_data

    with watched(quiet) as see:
        found = describe_data(source, on_event=see, overrides=overrides, seed=seed)
    Output(as_json, quiet).show(found)


@app.command("prepare", epilog=examples("gnas data prepare clicks.csv --out clicks --set data.filter.core=5"))
def prepare(
    source: Source,
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Write train, valid and test to this folder.")] = None,
    overrides: Overrides = None,
    seed: Seed = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Download, clean and split some data.

    With --out, the parts are written as Parquet files that a configuration can use.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import watched
    from gnas.run.data import prepare_data

    with watched(quiet) as see:
        parts = prepare_data(source, out, on_event=see, overrides=overrides, seed=seed)
    Output(as_json, quiet).show(parts)
