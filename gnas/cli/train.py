"""`gnas train`: train one architecture."""

from typing import Annotated

import typer

from gnas.cli.options import Config, Data, Device, Json, MaxMemory, Out, Overrides, Quiet, Seed, examples

EXAMPLES = examples(
    "gnas train runs/20260301-101500-clicks-compact/best/architecture.yaml --data clicks.csv",
    "gnas train lightgcn-2 --data movielens-small --set train.epochs=50",
)


def command(
    architecture: Annotated[str, typer.Argument(metavar="ARCHITECTURE", help="A file, or a known design.")],
    config: Config = None,
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

    Writes a run directory that `gnas evaluate` and `gnas recommend` accept.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import watched
    from gnas.run.settings import Asked
    from gnas.run.train import train

    with watched(quiet) as see:
        run = train(
            architecture, Asked(config, data), out=out, on_event=see,
            max_memory=max_memory, overrides=overrides, seed=seed, device=device,
        )  # fmt: skip
    Output(as_json, quiet).show(run)
