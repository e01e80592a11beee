"""`gnas evaluate`: measure on the test split."""

from typing import Annotated

import typer

from gnas.cli.options import Baselines, Config, Data, Device, Json, Out, Overrides, Quiet, Refit, Seed, Seeds, examples

EXAMPLES = examples(
    "gnas evaluate runs/20260301-101500-clicks-compact",
    "gnas evaluate architecture.yaml --data clicks.csv --seeds 5",
    "gnas evaluate lightgcn-2 --data movielens-small",
)


def command(
    target: Annotated[str, typer.Argument(metavar="RUN|ARCHITECTURE", help="A run directory, or an architecture.")],
    config: Config = None,
    data: Data = None,
    seeds: Seeds = None,
    baselines: Baselines = None,
    refit: Refit = None,
    out: Out = None,
    overrides: Overrides = None,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure on the test split.

    Scores the best model of a RUN on the test split, next to the tuned baselines, with confidence intervals. An
    ARCHITECTURE (a file or a known design) is trained first, on several seeds; mean and spread are reported. Every
    look at the test split is counted in test.json.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import watched
    from gnas.run.evaluate import evaluate
    from gnas.run.settings import Asked

    with watched(quiet) as see:
        found = evaluate(
            target, Asked(config, data), baselines=baselines, out=out, on_event=see,
            seeds=seeds, refit=refit, overrides=overrides, seed=seed, device=device,
        )  # fmt: skip
    Output(as_json, quiet).show(found)
