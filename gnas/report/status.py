"""A search from outside: how far it is, and whether anybody is at work on it."""

from collections import Counter
from typing import Any

from gnas.config.load import load_run_config
from gnas.report.tables import Table
from gnas.report.trials import TrialRow, best_trial, read_trials, trials_table
from gnas.rundir.layout import RunDirectory
from gnas.rundir.session import spent_s
from gnas.search.session import is_running
from gnas.units import format_duration

SHOWN_TRIALS = 10


def status_document(run: RunDirectory) -> dict[str, Any]:
    """What is known of the search without taking part in it."""
    config = load_run_config(str(run.config)).config
    metric = config.main_metric
    rows = read_trials(run)
    best = best_trial(rows, metric)
    return {
        "run": str(run.path),
        "running": is_running(run),
        "objective": metric,
        "trials": dict(Counter(row.state for row in rows)),
        "trial_budget": config.search.trial_budget,
        "timeout_s": config.search.timeout,
        "spent_s": spent_s(run),
        "best": None
        if best is None
        else {"trial": best.number, "words": best.words, "value": best.metrics[metric], "metrics": best.metrics},
        "finished": run.metrics.exists(),
        "last": [vars(row) for row in rows[-SHOWN_TRIALS:]],
    }


def status_text(document: dict[str, Any]) -> list[str | Table]:
    """The same for a person."""
    state = "is running" if document["running"] else "is over" if document["finished"] else "was stopped"
    counts = ", ".join(f"{count} {name}" for name, count in sorted(document["trials"].items())) or "none yet"
    budget = f" of {document['trial_budget']}" if document["trial_budget"] else ""
    time = f" of {format_duration(document['timeout_s'])}" if document["timeout_s"] else ""
    spent = format_duration(document["spent_s"]) if document["spent_s"] else "0s"
    parts: list[str | Table] = [
        f"The search in {document['run']} {state}.",
        f"Trials{budget}: {counts}. Time: {spent}{time}.",
    ]
    best = document["best"]
    if best is not None:
        parts.append(
            f"Best so far: trial {best['trial']}, {document['objective']} {best['value']:.4f}: {best['words']}"
        )
    rows = [TrialRow(**row) for row in document["last"]]
    if rows:
        parts += ["", trials_table(rows, document["objective"], best["trial"] if best else None)]
    if not document["running"] and not document["finished"]:
        parts += ["", f"Go on with `gnas search --resume {document['run']}`."]
    return parts
