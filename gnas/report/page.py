"""report.html: everything about a run on one page."""

from collections.abc import Sequence

from gnas.config.run import RunConfig
from gnas.files import write_text
from gnas.metrics import metric_of
from gnas.report.families import families_table
from gnas.report.found import Found, read_found
from gnas.report.importance import importances
from gnas.report.markup import Chart, Code, Part, page
from gnas.report.results import (
    ABOUT_GROUPS,
    figures_table,
    groups_table,
    looks_sentence,
    on_test,
    on_validation,
    spread_table,
    test_table,
    validation_verdict,
    verdict,
)
from gnas.report.steps import steps_table
from gnas.report.summary import confirmation, ensemble_lines
from gnas.report.svg import Bar, Point, bars, scatter
from gnas.report.trials import TrialRow, front_table, read_trials, trials_table
from gnas.rundir.beginning import DataRecord, read_config, read_data
from gnas.rundir.layout import RunDirectory
from gnas.rundir.look import Look, Measured


def write_report(run: RunDirectory, config: RunConfig | None = None) -> None:
    """Write report.html from what stands in the run directory, as far as it goes.

    `config`: the run's, where it knows more than the run's file, which keeps no password of a storage.

    Raises:
        RunError, ConfigError: a file of the run is damaged.
    """
    config = config or read_config(run)
    metric, rows = config.main_metric, read_trials(run)
    found = read_found(run, metric)
    confirmed = found.winner and found.winner.record.confirmed
    number = confirmed.winner.number if confirmed else None
    sections: dict[str, list[Part]] = {
        "Best architecture": _best(found),
        "On validation": _validation(found, rows),
        "On test": _test(found),
        "Pareto front": [front_table(found.front, rows)] if found.front else [],
        "Course of the search": _course(rows, metric, number),
        "What mattered": _importance(run, config),
        "Trials": [trials_table(rows, metric, number)] if rows else [],
        "Data": _data(read_data(run)),
        "Environment": [Code(run.environment.read_text(errors="replace"))] if run.environment.is_file() else [],
        "Configuration": [Code(run.config.read_text(errors="replace"))],
    }
    write_text(run.report, page(f"gnas · {run.path.name}", _lead(found), sections))


def _lead(found: Found) -> str:
    look = _latest(found)
    if look is not None:
        return verdict(look.objective, look.metrics[look.objective].value, on_test(look), "test")
    if found.winner is None:
        return "No trial is over yet."
    return validation_verdict(found)


def _latest(found: Found) -> Look | None:
    """The last look that came to figures."""
    return next((look for look in reversed(found.looks) if look.objective in look.metrics), None)


def _best(found: Found) -> list[Part]:
    winner = found.winner
    if winner is None:
        return []
    confirmed = winner.record.confirmed
    told = confirmation(found.objective, confirmed) if confirmed is not None else ""
    beside = [] if found.ensemble is None else ensemble_lines(found.ensemble)
    return [winner.words, told, Code(found.run.architecture.read_text()), *beside]


def _validation(found: Found, rows: Sequence[TrialRow]) -> list[Part]:
    winner, metric = found.winner, found.objective
    if winner is None:
        return []
    figures = winner.record.validation
    entries = [Bar("the architecture", figures[metric], "winner")]
    entries += [Bar(name, value) for name, value in on_validation(metric, found.baselines).items()]
    table = figures_table(metric, winner.words, figures, found.baselines, "")
    families = families_table(found, rows)
    return [_ordered_bars(entries, metric, "on validation"), table, *([] if families is None else [families])]


def _test(found: Found) -> list[Part]:
    look = _latest(found)
    if look is None:
        return ["Not measured yet. `gnas evaluate` measures, and counts the look."]
    metric, words = look.objective, found.winner.words if found.winner else ""
    entries = [_interval_bar("the architecture", look.metrics[metric], "winner")]
    entries += [_interval_bar(one.label, one.metrics[metric], "bar") for one in look.baselines]
    parts: list[Part] = [
        _ordered_bars(entries, metric, "on test with 95 % bootstrap intervals over users"),
        test_table(look, words),
        f"{look.n_users:,} users; {look.protocol}. {looks_sentence(len(found.looks), look.of_data)}",
    ]
    parts += [groups_table(look, words), ABOUT_GROUPS] if look.groups else []
    return [*parts, spread_table(look)] if look.seeds else parts


def _interval_bar(name: str, known: Measured, kind: str) -> Bar:
    return Bar(name, known.value, kind, known.low, known.high)


def _ordered_bars(entries: list[Bar], metric: str, where: str) -> Chart:
    gain = metric_of(metric).gain
    return Chart(bars(sorted(entries, key=lambda bar: gain(bar.value), reverse=True)), f"{metric} {where}")


def _course(rows: Sequence[TrialRow], metric: str, winner: int | None) -> list[Part]:
    shown = [row for row in rows if metric in row.metrics]
    points = [
        Point(
            row.number,
            row.metrics[metric],
            "winner" if row.number == winner else row.state,
            f"trial {row.number}: {row.metrics[metric]:.4f}, {row.words} ({row.state})",
        )
        for row in shown
    ]
    best: list[tuple[float, float]] = []
    for row in shown:
        value = row.metrics[metric]
        if row.state == "complete" and (not best or metric_of(metric).better(value, best[-1][1])):
            best.append((row.number, value))
    failed = sum(row.state == "failed" for row in rows)
    note = f" {failed} trial(s) failed and have no value." if failed else ""
    caption = f"Best {metric} of each trial on validation; blue: complete, pale: pruned, green: the winner.{note}"
    return [Chart(scatter(points, best, "trial", metric), caption)] if points else []


def _importance(run: RunDirectory, config: RunConfig) -> list[Part]:
    chart = bars([Bar(name, value) for name, value in importances(run, config.search).items()], digits=2)
    caption = "Share of the variation among good trials that each parameter explains (PED-ANOVA)"
    return [Chart(chart, caption)] if chart else []


def _data(known: DataRecord) -> list[Part]:
    sizes = (
        f"{known.n_users:,} users, {known.n_items:,} items; {known.n_train:,} train, {known.n_valid:,} "
        f"validation and {known.n_test:,} test interactions. Fingerprint {known.fingerprint[:16]}."
    )
    return [sizes, steps_table(known.report, "")]
