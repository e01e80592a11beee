"""`gnas search`: find the best architecture for some data."""

from typing import Annotated

import typer

from gnas.cli import complete
from gnas.cli.options import Data, Device, Json, MaxMemory, Out, Overrides, Quiet, Seed, Space, Storage, examples

EXAMPLES = examples(
    "gnas search movielens-small",
    "gnas search --data clicks.parquet --timeout 30m",
    "gnas search my.yaml --space full --trials 100 --set data.filter.core=5",
    "gnas search --resume runs/20260301-101500-clicks-compact",
    "gnas search --fork runs/20260301-101500-clicks-compact --space full",
)


def command(
    config: Annotated[
        str | None,
        typer.Argument(metavar="CONFIG", help="A shipped name or a YAML file.", autocompletion=complete.configs),
    ] = None,
    data: Data = None,
    space: Space = None,
    sampler: Annotated[str | None, typer.Option(help="How candidates are proposed, as in portfolio or random.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="How many candidates to train.")] = None,
    timeout: Annotated[str | None, typer.Option(metavar="DURATION", help="Wall time, as in 90s, 30m or 1h30m.")] = None,
    max_epochs_total: Annotated[int | None, typer.Option(min=1, help="Epochs of training over all candidates.")] = None,
    effort: Annotated[str | None, typer.Option(metavar="smoke|fast|normal|best", help="How much to try.")] = None,
    objective: Annotated[
        list[str] | None, typer.Option(metavar="METRIC", help="What to aim at, as in ndcg@20; may be repeated.")
    ] = None,
    ensemble: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Also blend the best candidates, in at most N picks."),
    ] = None,
    out: Out = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with a run that was stopped.", autocompletion=complete.runs),
    ] = None,
    fork: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Begin a new run from an old one whose space, data or settings change: its candidates come first.",
            autocompletion=complete.runs,
        ),
    ] = None,
    warm_start: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUN", help="Train the best of an earlier run first; may be repeated.", autocompletion=complete.runs
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that train at once.")] = None,
    workers_per_gpu: Annotated[int | None, typer.Option(min=1, help="Processes that share a GPU.")] = None,
    storage: Storage = None,
    max_memory: MaxMemory = None,
    overrides: Overrides = None,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find the best architecture.

    Candidates are trained, and compared on validation with each other and with tuned classic baselines. Needs a
    CONFIG, or --data alone. Ctrl-C once stops after the present step and keeps everything.
    """
    from gnas.cli.output import Output
    from gnas.cli.searching import begin, begin_from, carry_on, conclude
    from gnas.errors import ConfigError
    from gnas.run.configure import Asked

    settings = {
        "space": space, "search.sampler": sampler, "search.trials": trials, "search.timeout": timeout,
        "search.max_epochs_total": max_epochs_total, "search.effort": effort, "search.objective": objective or None,
        "search.warm_start": warm_start or None, "search.workers": workers, "search.workers_per_gpu": workers_per_gpu,
        "search.ensemble": ensemble, "search.storage": storage, "train.max_memory": max_memory, "seed": seed,
        "device": device,
    }  # fmt: skip
    output = Output(as_json, quiet)
    asked = Asked(config, data, settings, tuple(overrides or ()))
    if resume is not None and fork is not None:
        raise ConfigError("--resume goes on in the same run, --fork begins a new one; name one of them")
    if resume is not None:
        result = carry_on(resume, asked, out, output)
    else:
        result = begin(asked, out, output) if fork is None else begin_from(fork, asked, out, output)
    conclude(result, output)
