"""report.html: everything about a run on one page that opens offline."""

import json
from collections.abc import Sequence
from typing import Any

from gnas.config.describe import describe
from gnas.config.load import load_architecture
from gnas.config.run import RunConfig
from gnas.files import write_text
from gnas.metrics import metric_of
from gnas.report.ensemble import ensemble_lines
from gnas.report.groups import ABOUT_GROUPS, groups_table
from gnas.report.importance import importances
from gnas.report.page import Section, code, figure, page, paragraph, wide
from gnas.report.results import (
    figures_table,
    looks_sentence,
    spread_table,
    test_table,
    verdict,
)
from gnas.report.summary import confirmation
from gnas.report.svg import Bar, Point, bars, scatter
from gnas.report.tables import Table, to_html
from gnas.report.trials import TrialRow, front_table, read_trials, trials_table
from gnas.run.directory import read_json
from gnas.run.ensemble import saved_ensemble
from gnas.run.looks import looks
from gnas.run.saved import saved_config
from gnas.rundir.layout import RunDirectory


def write_report(run: RunDirectory, config: RunConfig | None = None) -> None:
    """Write report.html from what stands in the run directory, as far as it goes.

    `config`: the run's, where it knows more than the run's file, which keeps no password of a storage.
    """
    config = config or saved_config(run)
    metric = config.main_metric
    rows = read_trials(run)
    found = _known(run)
    records = looks(run)
    winner = None if found["confirmed"] is None else int(found["confirmed"]["number"])
    sections = [
        Section("Best architecture", _best(run, found, metric)),
        Section("On validation", _validation(found, metric)),
        Section("On test", _test(records, found["words"])),
        Section("Pareto front", _front(run)),
        Section("Course of the search", _history(rows, metric, winner)),
        Section("What mattered", _importance(run, config)),
        Section("Trials", wide(to_html(trials_table(rows, metric, winner))) if rows else ""),
        Section("Data", _data(run)),
        Section("Environment", _environment(run)),
        Section("Configuration", code(run.config.read_text())),
    ]
    text = page(f"gnas · {run.path.name}", _lead(found, records, metric), sections, "Written by gnas.")
    write_text(run.report, text)


def _known(run: RunDirectory) -> dict[str, Any]:
    """The best model's record and words, and the baselines; None and empty where there are none."""
    found: dict[str, Any] = {"words": "", "metrics": None, "confirmed": None, "baselines": []}
    if run.metrics.exists() and run.architecture.exists():
        record = read_json(run.metrics)
        found |= {"metrics": record["validation"], "confirmed": record.get("confirmed")}
        found["words"] = describe(load_architecture(str(run.architecture)))
    if run.baselines.exists():
        found["baselines"] = read_json(run.baselines)["baselines"]
    return found


def _lead(found: dict[str, Any], records: list[dict[str, Any]], metric: str) -> str:
    if records:
        latest = records[-1]
        return verdict(metric, latest["metrics"][metric]["value"], latest["baselines"], "test")
    if found["metrics"] is None:
        return "No trial is over yet."
    return verdict(metric, found["metrics"][metric], found["baselines"], "validation")


def _best(run: RunDirectory, found: dict[str, Any], metric: str) -> str:
    if found["metrics"] is None:
        return ""
    confirmed = found["confirmed"]
    told = confirmation(metric, confirmed) if confirmed is not None and confirmed["fresh"] else ""
    ensemble = saved_ensemble(run)
    beside = "" if ensemble is None else "".join(paragraph(line) for line in ensemble_lines(ensemble))
    return paragraph(found["words"]) + paragraph(told) + code(run.architecture.read_text()) + beside


def _validation(found: dict[str, Any], metric: str) -> str:
    if found["metrics"] is None:
        return ""
    table = figures_table(metric, found["words"], found["metrics"], found["baselines"], "")
    entries = [Bar("the architecture", float(found["metrics"][metric]), "winner")]
    entries += [Bar(one["name"], float(one["metrics"][metric])) for one in found["baselines"]]
    return _ordered_bars(entries, metric, "on validation") + wide(to_html(table))


def _test(records: list[dict[str, Any]], words: str) -> str:
    if not records:
        return paragraph("Not looked at yet: `gnas evaluate` does, and counts it.")
    latest = records[-1]
    metric = latest["objective"]
    entries = [_interval_bar("the architecture", latest["metrics"][metric], "winner")]
    entries += [_interval_bar(one["name"], one["metrics"][metric], "bar") for one in latest["baselines"]]
    about = f"{latest['n_users']:,} users; {latest['protocol']}. {looks_sentence(len(records))}"
    seeds = wide(to_html(spread_table(latest))) if "seeds" in latest else ""
    groups = wide(to_html(groups_table(latest, words))) + paragraph(ABOUT_GROUPS) if "groups" in latest else ""
    chart = _ordered_bars(entries, metric, "on test with 95 % bootstrap intervals over users")
    return chart + wide(to_html(test_table(latest, words))) + paragraph(about) + groups + seeds


def _interval_bar(name: str, known: dict[str, Any], kind: str) -> Bar:
    return Bar(name, float(known["value"]), kind, known["low"], known["high"])


def _ordered_bars(entries: list[Bar], metric: str, where: str) -> str:
    return figure(
        bars(sorted(entries, key=lambda bar: metric_of(metric).gain(bar.value), reverse=True)), f"{metric} {where}"
    )


def _front(run: RunDirectory) -> str:
    path = run.path / "pareto.json"
    return wide(to_html(front_table(read_json(path), run))) if path.exists() else ""


def _history(rows: Sequence[TrialRow], metric: str, winner: int | None) -> str:
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
    return figure(scatter(points, best, "trial", metric), caption)


def _importance(run: RunDirectory, config: RunConfig) -> str:
    found = importances(run, config.search)
    chart = bars([Bar(name, value) for name, value in found.items()], digits=2)
    return figure(chart, "Share of the variation among good trials that each parameter explains (PED-ANOVA)")


def _data(run: RunDirectory) -> str:
    known = read_json(run.data)
    rows = tuple(
        (step["step"], step.get("interactions"), step.get("users"), step.get("items")) for step in known["report"]
    )
    sizes = (
        f"{known['n_users']:,} users, {known['n_items']:,} items; {known['n_train']:,} train, {known['n_valid']:,} "
        f"validation and {known['n_test']:,} test interactions. Fingerprint {known['fingerprint'][:16]}."
    )
    return paragraph(sizes) + wide(to_html(Table(("step", "interactions", "users", "items"), rows)))


def _environment(run: RunDirectory) -> str:
    if not run.environment.exists():
        return ""
    return code(json.dumps(read_json(run.environment), indent=2, ensure_ascii=False))
