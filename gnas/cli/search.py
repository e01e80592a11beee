"""`gnas search`: find the best architecture for some data."""

import sys

import typer

from gnas.cli.options import (
    Data,
    Device,
    Effort,
    Ensemble,
    Epochs,
    Fork,
    Json,
    MaxMemory,
    Objective,
    Out,
    Overrides,
    Quiet,
    Resume,
    Sampler,
    Seed,
    ShippedConfig,
    Space,
    Storage,
    Timeout,
    Trials,
    WarmStart,
    Workers,
    WorkersPerGpu,
    examples,
)

EXAMPLES = examples(
    "gnas search movielens-small",
    "gnas search --data clicks.parquet --timeout 30m",
    "gnas search my.yaml --space full --trials 100 --set data.filter.core=5",
    "gnas search --resume runs/20260301-101500-clicks-compact",
    "gnas search --fork runs/20260301-101500-clicks-compact --space full",
)


def command(
    config: ShippedConfig = None,
    data: Data = None,
    space: Space = None,
    sampler: Sampler = None,
    trials: Trials = None,
    timeout: Timeout = None,
    max_epochs_total: Epochs = None,
    effort: Effort = None,
    objective: Objective = None,
    ensemble: Ensemble = None,
    out: Out = None,
    resume: Resume = None,
    fork: Fork = None,
    warm_start: WarmStart = None,
    workers: Workers = None,
    workers_per_gpu: WorkersPerGpu = None,
    storage: Storage = None,
    max_memory: MaxMemory = None,
    overrides: Overrides = None,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Search for the best architecture.

    Trains candidates and compares them, on the validation split, with each other and with tuned classic baselines.
    Takes a CONFIG, or just --data. Ctrl-C stops after the current step; --resume continues.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import clean_stop, watched
    from gnas.errors import SearchFailed
    from gnas.run.search import search
    from gnas.run.settings import Asked

    with watched(quiet) as see, clean_stop(quiet) as stop:
        run = search(
            Asked(config, data), out=out, resume=resume, fork=fork, stop=stop, on_event=see, overrides=overrides,
            space=space, sampler=sampler, trials=trials, timeout=timeout, max_epochs_total=max_epochs_total,
            effort=effort, objective=objective or None, ensemble=ensemble, warm_start=warm_start or None,
            workers=workers, workers_per_gpu=workers_per_gpu, storage=storage, max_memory=max_memory, seed=seed,
            device=device,
        )  # fmt: skip
    Output(as_json, quiet).show(run)
    if run.end_reason == "failures":
        print(f"Error: too many trials failed in a row; see {run.path}/trials/*/error.txt", file=sys.stderr)
        raise typer.Exit(SearchFailed.exit_code)
