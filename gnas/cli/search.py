"""`gnas search`: find the best architecture for some data."""

import sys

import typer

from gnas.cli import options as of

EXAMPLES = of.examples(
    "gnas search movielens-small",
    "gnas search --data clicks.parquet --timeout 30m",
    "gnas search my.yaml --space full --trials 100 --set data.filter.core=5",
    "gnas search --resume runs/20260301-101500-clicks-compact",
    "gnas search --fork runs/20260301-101500-clicks-compact --space full",
)


def command(
    config: of.ShippedConfig = None,
    data: of.Data = None,
    space: of.Space = None,
    sampler: of.Sampler = None,
    trials: of.Trials = None,
    timeout: of.Timeout = None,
    max_epochs_total: of.Epochs = None,
    effort: of.Effort = None,
    objective: of.Objective = None,
    ensemble: of.Ensemble = None,
    out: of.Out = None,
    resume: of.Resume = None,
    fork: of.Fork = None,
    warm_start: of.WarmStart = None,
    workers: of.Workers = None,
    workers_per_gpu: of.WorkersPerGpu = None,
    storage: of.Storage = None,
    max_memory: of.MaxMemory = None,
    overrides: of.Overrides = None,
    seed: of.Seed = None,
    device: of.Device = None,
    as_json: of.Json = False,
    quiet: of.Quiet = False,
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
