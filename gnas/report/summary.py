"""What a search says at its end: who won, the figures side by side, where everything stands, what to do next."""

from typing import Any

from gnas.config.architecture import shown
from gnas.report.ensemble import ensemble_lines
from gnas.report.results import baseline_wins, figures_table, verdict
from gnas.report.tables import Table
from gnas.report.trials import front_table
from gnas.run.search import SearchResult

REASONS = {
    "trials": "the trials are used up",
    "timeout": "the time was up",
    "epochs": "the epochs were spent",
    "exhausted": "every candidate of the space was trained",
    "failures": "too many trials failed in a row",
    "stopped": "stopped by you",
}


def search_summary(result: SearchResult) -> list[str | Table]:
    """The summary for a person; its first line says whether a baseline beats the winner."""
    run = result.run.path
    again = f"  gnas search --resume {run}"
    if result.best is None:
        return [f"The search ended before a trial was over: {REASONS[result.reason]}.", "Go on with", again]
    value = result.metrics[result.objective]
    parts: list[str | Table] = [
        verdict(result.objective, value, result.baselines, "validation"),
        "",
        figures_table(result.objective, result.words, result.metrics, result.baselines, "On validation"),
        "",
        f"Best architecture: {result.words}",
    ]
    if result.confirmed is not None and result.confirmed["fresh"]:
        parts.append(confirmation(result.objective, result.confirmed))
    if result.ensemble is not None:
        parts += ensemble_lines(result.ensemble)
    if result.front is not None:
        parts += ["", front_table(result.front, result.run), ""]
    for reason, count in result.failures.items():
        parts.append(f"{count} trial(s) failed: {reason}")
    parts += [f"The search ended because {_because(result.reason)}.", "", f"Run directory: {run}", "Next:"]
    if result.reason == "stopped":
        parts.append(f"{again}          go on")
    parts += [
        f"  gnas evaluate {run}                 the figures on test",
        f"  gnas recommend {run} -k 10 -o recs.parquet",
    ]
    return parts


def confirmation(objective: str, confirmed: dict[str, Any]) -> str:
    """The winner's mean over fresh seeds, and whether it is told from the second."""
    seeds = 1 + len(confirmed["fresh"])
    text = f"Confirmed over {seeds} seeds: {objective} {confirmed['mean']:.4f} ± {confirmed['spread']:.4f}"
    if confirmed["separated"] is None:
        return f"{text}."
    told = "separated from" if confirmed["separated"] else "not separated from"
    return f"{text}; {told} the second, trial {confirmed['second']} (p = {confirmed['p_value']:.3f})."


def search_document(result: SearchResult) -> dict[str, Any]:
    """The same for a machine."""
    return {
        "run": str(result.run.path),
        "reason": result.reason,
        "objective": result.objective,
        "best": None
        if result.best is None
        else {
            "words": result.words,
            "architecture": shown(result.best),
            "validation": result.metrics,
            "confirmed": result.confirmed,
        },
        "baselines": [{key: one[key] for key in ("name", "params", "metrics", "wall_s")} for one in result.baselines],
        "baseline_wins": result.best is not None
        and baseline_wins(result.objective, result.metrics[result.objective], result.baselines),
        "failures": result.failures,
        "front": result.front,
        "ensemble": result.ensemble,
        "report": str(result.run.report),
    }


def _because(reason: str) -> str:
    return "you stopped it" if reason == "stopped" else REASONS[reason]
