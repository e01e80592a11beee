"""Validation and test figures as tables, and what they come to in one sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from gnas.metrics import metric_of, parse_metric
from gnas.report.tables import Cell, Table

Metrics = Mapping[str, float]


def shown_metrics(objective: str, measured: Sequence[str]) -> list[str]:
    """The objective, and beside it the few figures at its cut-off that people ask for."""
    _, cutoff = parse_metric(objective)
    at = "" if cutoff is None else f"@{cutoff}"
    wanted = [objective, *(f"{stem}{at}" for stem in ("recall", "ndcg", "hit", "coverage")), "rmse", "mae"]
    return [name for name in dict.fromkeys(wanted) if name in measured]


def leader(objective: str, baselines: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The best baseline; None where there is none."""
    able = [baseline for baseline in baselines if objective in baseline["metrics"]]
    gain = metric_of(objective).gain
    return max(able, key=lambda baseline: gain(_value(baseline["metrics"][objective])), default=None)


def baseline_wins(objective: str, value: float, baselines: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a baseline is better than `value`."""
    rival = leader(objective, baselines)
    return rival is not None and metric_of(objective).better(_value(rival["metrics"][objective]), value)


def verdict(objective: str, value: float, baselines: Sequence[Mapping[str, Any]], where: str) -> str:
    """The first line of a summary: whether a baseline beats the winner."""
    rival = leader(objective, baselines)
    if rival is None:
        return f"Best architecture: {objective} {value:.4f} on {where}; no baseline stands beside it."
    known = _value(rival["metrics"][objective])
    if baseline_wins(objective, value, baselines):
        return (
            f"A baseline wins: {rival['name']} reaches {objective} {known:.4f} on {where}, "
            f"the best architecture {value:.4f}."
        )
    if f"{known:.4f}" == f"{value:.4f}":
        return (
            f"The best architecture ties with the best baseline, {rival['name']}: {objective} {value:.4f} on {where}."
        )
    return (
        f"The best architecture reaches {objective} {value:.4f} on {where}; "
        f"the best baseline, {rival['name']}, {known:.4f}."
    )


def figures_table(
    objective: str, words: str, metrics: Metrics, baselines: Sequence[Mapping[str, Any]], title: str
) -> Table:
    """The winner and the baselines, the best first."""
    names = shown_metrics(objective, list(metrics))
    entries: list[tuple[str, Mapping[str, Any]]] = [(words, metrics)]
    entries += [(str(baseline["name"]), baseline["metrics"]) for baseline in baselines]
    metric = metric_of(objective)
    entries.sort(key=lambda entry: metric.gain(_value(entry[1].get(objective, metric.worst))), reverse=True)
    rows = tuple((name, *(_cell(found.get(metric)) for metric in names)) for name, found in entries)
    best = frozenset(number for number, (name, _) in enumerate(entries) if name == words)
    return Table(("recommender", *names), rows, title, best)


def test_table(record: Mapping[str, Any], words: str) -> Table:
    """A look at test: figures, the objective's interval, and the winner's lead with its p-value."""
    objective = record["objective"]
    names = shown_metrics(objective, list(record["metrics"]))
    interval = f"{objective}, 95 % interval"
    own: tuple[Cell, ...] = (words, *test_cells(record["metrics"], names, objective), None, None)
    rows = [own]
    beside = [record[key] for key in ("runner_up", "ensemble") if key in record]
    for baseline in [*record["baselines"], *beside]:
        lead = baseline["lead"]
        told = None if lead is None else f"{lead['difference']:+.4f} [{lead['low']:+.4f}, {lead['high']:+.4f}]"
        p = None if lead is None else round(lead["p_holm"], 4)
        rows.append((baseline["name"], *test_cells(baseline["metrics"], names, objective), told, p))
    rows.sort(key=lambda row: metric_of(objective).gain(_value(row[1])), reverse=True)
    columns = ("recommender", *names, interval, "lead of the architecture", "p (Holm)")
    return Table(columns, tuple(rows), "On test", frozenset({rows.index(own)}))


def spread_table(record: Mapping[str, Any]) -> Table:
    """Mean and standard deviation over the seeds, on validation and test."""
    names = shown_metrics(record["objective"], list(record["spread"]))
    rows: list[tuple[Cell, ...]] = []
    for number, row in enumerate(record["seeds"], 1):
        for part in ("validation", "test"):
            rows.append((f"seed {number}, {part}", *(_cell(row[part].get(name)) for name in names)))
    rows.append(("mean, test", *(record["spread"][name]["mean"] for name in names)))
    rows.append(("standard deviation, test", *(record["spread"][name]["std"] for name in names)))
    return Table(("training", *names), tuple(rows), "Over seeds", frozenset({len(rows) - 2}))


def looks_sentence(count: int) -> str:
    """How often test was looked at, and what follows."""
    if count == 1:
        return "This is the first look at the test split."
    return f"This is look {count} at the test split: choose nothing by these figures, or they stop being honest."


def test_cells(metrics: Mapping[str, Any], names: Sequence[str], objective: str) -> list[Cell]:
    """The figures `names` of a recommender on test, and the interval of the objective where there is one."""
    low, high = metrics[objective]["low"], metrics[objective]["high"]
    return [
        *(metrics[name]["value"] for name in names),
        None if low is None or high is None else f"[{low:.4f}, {high:.4f}]",
    ]


def _value(figure: Any) -> float:
    return float(figure["value"] if isinstance(figure, Mapping) else figure)


def _cell(figure: Any) -> float | None:
    return None if figure is None else _value(figure)
