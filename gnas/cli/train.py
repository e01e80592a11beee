"""`gnas train`: one architecture."""

from typing import Annotated

import typer

from gnas.cli.options import Data, Device, Json, MaxMemory, Out, Overrides, Quiet, Seed, examples

EXAMPLES = examples(
    "gnas train runs/20260301-101500-clicks-compact/best/architecture.yaml --data clicks.csv",
    "gnas train lightgcn-2 --data movielens-small --set train.epochs=50",
)


def command(
    architecture: Annotated[str, typer.Argument(metavar="ARCHITECTURE", help="A file, or a known design.")],
    config: Annotated[str | None, typer.Option(metavar="CONFIG", help="Data and settings.")] = None,
    data: Data = None,
    out: Out = None,
    max_memory: MaxMemory = None,
    overrides: Overrides = None,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train one architecture.

    Leaves a run directory that `gnas evaluate` and `gnas recommend` accept.
    """
    from gnas.cli.output import Output
    from gnas.cli.training import train_architecture
    from gnas.run.configure import Asked

    asked = Asked(
        config, data, {"train.max_memory": max_memory, "seed": seed, "device": device}, tuple(overrides or ())
    )
    train_architecture(architecture, asked, out, Output(as_json, quiet))
