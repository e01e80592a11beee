"""`gnas evaluate`: the figures on the test split."""

from pathlib import Path
from typing import Annotated

import typer

from gnas.cli.options import Data, Device, Json, Out, Overrides, Quiet, Seed, examples

EXAMPLES = examples(
    "gnas evaluate runs/20260301-101500-clicks-compact",
    "gnas evaluate architecture.yaml --data clicks.csv --seeds 5",
    "gnas evaluate lightgcn-2 --data movielens-small",
)


def command(
    target: Annotated[str, typer.Argument(metavar="RUN|ARCHITECTURE", help="A run directory, or an architecture.")],
    config: Annotated[str | None, typer.Option(metavar="CONFIG", help="Data and settings for an ARCHITECTURE.")] = None,
    data: Data = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Trainings of an ARCHITECTURE, each on its own seed.")
    ] = None,
    baselines: Annotated[
        bool | None,
        typer.Option("--baselines/--no-baselines", help="Whether to measure the tuned baselines in the same look."),
    ] = None,
    refit: Annotated[
        bool | None,
        typer.Option("--refit/--no-refit", help="Fit on train and validation together before measuring."),
    ] = None,
    out: Out = None,
    overrides: Overrides = None,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure on the test split.

    Scores the best model of a RUN on test, once, with an interval, beside the tuned baselines. Every look at the
    test split is counted in test.json. An ARCHITECTURE (a file or a known design) is trained first, on several
    seeds, and mean and spread are reported. With --refit, winner and baselines are fitted on train and validation
    together first, the winner for as many epochs as it was best at.
    """
    from gnas.cli.evaluating import evaluate_architecture, evaluate_saved
    from gnas.cli.output import Output
    from gnas.run.configure import Asked

    output = Output(as_json, quiet)
    settings = {"evaluate.seeds": seeds, "evaluate.refit": refit, "seed": seed, "device": device}
    asked = Asked(config, data, settings, tuple(overrides or ()))
    if Path(target).is_dir():
        evaluate_saved(Path(target), asked, output, baselines=baselines)
    else:
        evaluate_architecture(target, asked, out, output, baselines=baselines)
