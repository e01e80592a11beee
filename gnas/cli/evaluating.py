"""What `gnas evaluate` does once its words are read."""

from pathlib import Path
from typing import Any

from gnas.cli.output import Output
from gnas.cli.work import watch
from gnas.config.describe import describe
from gnas.config.load import load_architecture
from gnas.config.run import RunConfig
from gnas.errors import ConfigError
from gnas.report.groups import ABOUT_GROUPS, groups_table
from gnas.report.page import write_report
from gnas.report.progress import Progress
from gnas.report.results import looks_sentence, on_test, spread_table, test_table, verdict
from gnas.report.tables import Table
from gnas.run.configure import Asked, data_name, settle_config
from gnas.run.evaluate import TestResult, evaluate_run
from gnas.run.evaluate import evaluate_architecture as evaluate_on_seeds
from gnas.run.saved import saved_architecture, saved_config
from gnas.rundir.layout import RunDirectory, create_default_run, create_run, discard_if_empty, open_run
from gnas.rundir.look import read_looks
from gnas.train.device import resolve_device


def evaluate_saved(path: Path, asked: Asked, output: Output, *, baselines: bool | None) -> None:
    """The best model of a run; `evaluate.refit` of `asked` says how, or else the run."""
    said = [key for key, value in (("--config", asked.config), ("--data", asked.data)) if value is not None]
    said += [
        f"--{key.removeprefix('evaluate.')}" for key in ("evaluate.seeds", "seed") if asked.settings[key] is not None
    ]
    said += ["--set"] if asked.overrides else []
    if said:
        raise ConfigError(f"{path} is a run, which is measured as it was trained; leave away {', '.join(said)}")
    run = open_run(path)
    config = saved_config(run)
    words = describe(saved_architecture(run))
    device = resolve_device(asked.settings["device"] or config.device)
    refit = asked.settings.get("evaluate.refit")
    work = evaluate_run(
        run, device, baselines=_wanted(baselines, config), refit=config.evaluate.refit if refit is None else refit
    )
    result = watch(work, Progress(config.main_metric), output)
    _conclude(run, result, words, output)


def evaluate_architecture(
    target: str, asked: Asked, out: str | None, output: Output, *, baselines: bool | None
) -> None:
    """An architecture, trained on several seeds."""
    architecture = load_architecture(target)
    config = settle_config(asked)
    device = resolve_device(config.device)
    name = Path(target).stem
    run = create_default_run(data_name(config.data), name) if out is None else create_run(Path(out))
    progress = Progress(config.main_metric)
    work = evaluate_on_seeds(
        run, config, architecture, device, baselines=_wanted(baselines, config), tick=progress.tick
    )
    try:
        result = watch(work, progress, output)
    finally:
        discard_if_empty(run)
    _conclude(run, result, describe(architecture), output)


def _wanted(flag: bool | None, config: RunConfig) -> bool:
    return config.search.baselines if flag is None else flag


def _conclude(run: RunDirectory, result: TestResult, words: str, output: Output) -> None:
    write_report(run)
    look = read_looks(run)[-1]
    document: dict[str, Any] = {"run": str(run.path), "looks": result.looks, "words": words, **result.record}
    parts: list[str | Table] = [
        verdict(look.objective, look.metrics[look.objective].value, on_test(look), "test"),
        "",
        test_table(look, words),
        "",
    ]
    if look.groups:
        parts += [groups_table(look, words), ABOUT_GROUPS, ""]
    if look.seeds:
        parts += [spread_table(look), ""]
    parts += [
        f"{look.n_users:,} users; {look.protocol}.",
        looks_sentence(result.looks),
        f"Report: {run.report}",
    ]
    output.result(document, *parts)
