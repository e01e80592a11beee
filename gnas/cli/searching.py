"""What `gnas search` does once its words are read."""

import sys
from pathlib import Path

import typer

from gnas.cli.output import Output
from gnas.cli.stopping import clean_stop
from gnas.cli.work import watch
from gnas.config.run import RunConfig
from gnas.errors import ConfigError, SearchFailed
from gnas.report.found import read_found
from gnas.report.page import write_report
from gnas.report.progress import Progress
from gnas.report.summary import search_document, search_summary
from gnas.report.trials import read_trials
from gnas.run.configure import Asked, data_name, overrides_of, settle, with_limits
from gnas.run.fork import Fork, fork_config, fork_of
from gnas.run.resume import refuse_other_config, refuse_other_space, resume_config, resume_space
from gnas.run.search import SearchResult, search_run
from gnas.run.setup import check_search
from gnas.rundir.layout import RunDirectory, create_default_run, create_run, discard_if_empty, open_run
from gnas.rundir.session import spent_s
from gnas.space.load import load_space
from gnas.space.search_space import SearchSpace
from gnas.train.device import resolve_device


def begin(asked: Asked, out: str | None, output: Output) -> SearchResult:
    """A new run."""
    settled = settle(asked)
    check_search(settled.config.search)
    resolve_device(settled.config.device)
    run = create_default_run(settled.data_name, settled.space_name) if out is None else create_run(Path(out))
    output.say(*(f"note: {note}" for note in settled.notes), f"run directory: {run.path}")
    try:
        return _search(run, settled.config, settled.space, output, resume=False)
    finally:
        discard_if_empty(run)


def begin_from(fork: str, asked: Asked, out: str | None, output: Output) -> SearchResult:
    """A new run from an old one: its configuration and space with the changes that are asked for, or others whole."""
    old = open_run(Path(fork))
    if asked.config is not None or asked.data is not None:
        settled = settle(asked)
        config, space = settled.config, settled.space
    else:
        config = fork_config(old, [pair for pair in overrides_of(asked) if pair[0] != "space"])
        named = asked.settings["space"]
        space = resume_space(old) if named is None else load_space(named)
        config = with_limits(config, space)
    check_search(config.search)
    resolve_device(config.device)
    taken = fork_of(old, space, config.main_metric)
    run = create_default_run(data_name(config.data), "fork") if out is None else create_run(Path(out))
    output.say(f"run directory: {run.path}")
    try:
        return _search(run, config, space, output, resume=False, fork=taken)
    finally:
        discard_if_empty(run)


def carry_on(resume: str, asked: Asked, out: str | None, output: Output) -> SearchResult:
    """A run again, from where it stopped."""
    if out is not None:
        raise ConfigError(f"--resume goes on in {resume} itself; leave --out away")
    run = open_run(Path(resume))
    if asked.config is not None or asked.data is not None or asked.settings["space"] is not None:
        settled = settle(asked)
        refuse_other_config(run, settled.config)
        refuse_other_space(run, settled.space)
    config = resume_config(run, [pair for pair in overrides_of(asked) if pair[0] != "space"])
    return _search(run, config, resume_space(run), output, resume=True)


def _search(
    run: RunDirectory,
    config: RunConfig,
    space: SearchSpace,
    output: Output,
    *,
    resume: bool,
    fork: Fork | None = None,
) -> SearchResult:
    progress = Progress(config.main_metric, config.search.trial_budget, config.search.timeout)
    if resume:
        progress.recall(read_trials(run), spent_s(run))
    device = resolve_device(config.device)
    with clean_stop(output.quiet) as stop:
        work = search_run(run, config, space, device, resume=resume, fork=fork, stop=stop, tick=progress.tick)
        result = watch(work, progress, output)
    if result.best is not None:
        write_report(run, config)
    return result


def conclude(result: SearchResult, output: Output) -> None:
    """Say what was found, and what to do next."""
    found = read_found(result.run, result.objective)
    ending = (result.reason, result.failures)
    output.result(search_document(found, *ending), *search_summary(found, *ending))
    if result.reason == "failures":
        print(f"Error: too many trials failed in a row; see {result.run.path}/trials/*/error.txt", file=sys.stderr)
        raise typer.Exit(SearchFailed.exit_code)
