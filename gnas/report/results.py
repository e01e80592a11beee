"""Validation and test figures as tables, and the verdict in one sentence."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from gnas.metrics import metric_of, parse_metric
from gnas.report.found import Found
from gnas.report.tables import Cell, Table
from gnas.rundir.baselines import BaselineRecord
from gnas.rundir.look import Look, Measured

Metrics = Mapping[str, float]
Values = Mapping[str, float]
"""The objective's value by the name of a baseline."""


def shown_metrics(objective: str, measured: Collection[str]) -> list[str]:
    """The objective, and beside it the few figures at its cut-off that people ask for."""
    _, cutoff = parse_metric(objective)
    at = "" if cutoff is None else f"@{cutoff}"
    wanted = [objective, *(f"{stem}{at}" for stem in ("recall", "ndcg", "hit", "coverage")), "rmse", "mae"]
    return [name for name in dict.fromkeys(wanted) if name in measured]


def on_validation(objective: str, baselines: Iterable[BaselineRecord]) -> dict[str, float]:
    """The baselines' values of the objective on validation."""
    return {one.label: one.metrics[objective] for one in baselines if objective in one.metrics}


def on_test(look: Look) -> dict[str, float]:
    """The baselines' values of the objective on test."""
    return {one.label: one.metrics[look.objective].value for one in look.baselines if look.objective in one.metrics}


def leader(objective: str, baselines: Values) -> str | None:
    """The name of the best baseline; None where there is none."""
    gain = metric_of(objective).gain
    return max(baselines, key=lambda name: gain(baselines[name]), default=None)


def baseline_wins(objective: str, value: float, baselines: Values) -> bool:
    """Whether a baseline is better than `value`."""
    rival = leader(objective, baselines)
    return rival is not None and metric_of(objective).better(baselines[rival], value)


def verdict(objective: str, value: float, baselines: Values, where: str) -> str:
    """The first line of a summary: whether a baseline beats the winner."""
    rival = leader(objective, baselines)
    if rival is None:
        return f"Best architecture: {objective} {value:.4f} on {where}; there is no baseline to compare it with."
    known = baselines[rival]
    if baseline_wins(objective, value, baselines):
        return (
            f"A baseline wins: {rival} reaches {objective} {known:.4f} on {where}, the best architecture {value:.4f}."
        )
    if f"{known:.4f}" == f"{value:.4f}":
        return f"The best architecture ties with the best baseline, {rival}: {objective} {value:.4f} on {where}."
    return f"The best architecture reaches {objective} {value:.4f} on {where}; the best baseline, {rival}, {known:.4f}."


def validation_verdict(found: Found) -> str:
    """`verdict` on validation, which says the same as the confirmation of a baseline that was a candidate too."""
    winner, objective = found.winner, found.objective
    if winner is None:
        return "No trial is over yet."
    value, confirmed = winner.record.validation[objective], found.confirmed
    values, untried = on_validation(objective, found.baselines), on_validation(objective, found.rivals)
    if confirmed is None or baseline_wins(objective, value, untried):
        return verdict(objective, value, untried, "validation")
    tried = {one.label: known for one in found.baselines if (known := found.as_candidate(one)) is not None}
    own = next((name for name, known in tried.items() if known.number == confirmed.winner.number), None)
    if own is not None:
        return f"The best architecture is a baseline as tuned, {own}: {objective} {value:.4f} on validation."
    rival = leader(objective, values)
    if rival is None or not baseline_wins(objective, value, values):
        return verdict(objective, value, values, "validation")
    return (
        f"The best architecture is ahead of the best baseline, {rival}, after confirmation: {objective} "
        f"{confirmed.winner.mean:.4f} to {tried[rival].mean:.4f} ({value:.4f} to {values[rival]:.4f} in their trials)."
    )


def figures_table(
    objective: str, words: str, metrics: Metrics, baselines: Iterable[BaselineRecord], title: str
) -> Table:
    """The winner and the baselines, the best first."""
    names, metric = shown_metrics(objective, metrics), metric_of(objective)
    entries = [(words, metrics), *((baseline.label, baseline.metrics) for baseline in baselines)]
    entries.sort(key=lambda entry: metric.gain(entry[1].get(objective, metric.worst)), reverse=True)
    rows = tuple((name, *(found.get(metric) for metric in names)) for name, found in entries)
    best = frozenset(number for number, (name, _) in enumerate(entries) if name == words)
    return Table(("recommender", *names), rows, title, best)


def test_table(look: Look, words: str) -> Table:
    """A look at test: figures, the objective's interval, and the winner's lead with its p-value."""
    objective, gain = look.objective, metric_of(look.objective).gain
    names = shown_metrics(objective, look.metrics)
    own: tuple[Cell, ...] = (words, *test_cells(look.metrics, names, objective), None, None)
    rows = [(look.metrics[objective].value, own)]
    for rival in look.rivals:
        lead = rival.lead
        told = None if lead is None else f"{lead.difference:+.4f} [{lead.low:+.4f}, {lead.high:+.4f}]"
        p = None if lead is None else round(lead.p_holm, 4)
        cells = (rival.label, *test_cells(rival.metrics, names, objective), told, p)
        rows.append((rival.metrics[objective].value, cells))
    rows.sort(key=lambda row: gain(row[0]), reverse=True)
    columns = ("recommender", *names, f"{objective}, 95 % interval", "lead of the architecture", "p (Holm)")
    best = frozenset(number for number, (_, cells) in enumerate(rows) if cells is own)
    return Table(columns, tuple(cells for _, cells in rows), "On test", best)


def spread_table(look: Look) -> Table:
    """Mean and standard deviation over the seeds, on validation and test."""
    names = shown_metrics(look.objective, look.spread)
    rows: list[tuple[Cell, ...]] = []
    for number, seed in enumerate(look.seeds, 1):
        for part, metrics in (("validation", seed.validation), ("test", seed.test)):
            rows.append((f"seed {number}, {part}", *(metrics.get(name) for name in names)))
    rows.append(("mean, test", *(look.spread[name].mean for name in names)))
    rows.append(("standard deviation, test", *(look.spread[name].std for name in names)))
    return Table(("training", *names), tuple(rows), "Over seeds", frozenset({len(rows) - 2}))


def looks_sentence(count: int, of_data: int) -> str:
    """How often a run, and how often all runs on its data, looked at test, and what follows."""
    if not of_data:
        own = f"This is look {count} of this run at the test split"
        return f"{own}; those of other runs could not be counted, as the cache folder cannot be written."
    if max(count, of_data) == 1:
        return "This is the first look at the test split."
    others = f" of this run, and {of_data} of all runs on these data" if of_data > count else ""
    return f"This is look {count}{others} at the test split: do not choose by these figures, or they stop being honest."


def test_cells(metrics: Mapping[str, Measured], names: Sequence[str], objective: str) -> list[Cell]:
    """The figures `names` of a recommender on test, and the interval of the objective where there is one."""
    figures = [metrics[name].value if name in metrics else None for name in names]
    own = metrics[objective]
    return [*figures, None if own.low is None or own.high is None else f"[{own.low:.4f}, {own.high:.4f}]"]


ABOUT_GROUPS = (
    "New users and items have no interaction in the training data. A group counts the users with a test item in it; "
    "only those items are relevant. All items are ranked, or only new ones where it says among themselves. "
    "Groups of fewer than 30 users have no interval."
)


def groups_table(look: Look, words: str) -> Table:
    """A look at test by group, the best recommender of each first; the architecture's rows are stressed."""
    objective = look.objective
    names = shown_metrics(objective, look.groups[0].metrics)
    gain = metric_of(objective).gain
    rows: list[tuple[Cell, ...]] = []
    for group in look.groups:
        entries = [(words, group.metrics), *((one.name, one.metrics) for one in group.others)]
        entries.sort(key=lambda entry: gain(entry[1][objective].value), reverse=True)
        rows += [
            (group.group, group.n_users, name, *test_cells(figures, names, objective)) for name, figures in entries
        ]
    columns = ("group", "users", "recommender", *names, f"{objective}, 95 % interval")
    own = frozenset(number for number, row in enumerate(rows) if row[2] == words)
    return Table(columns, tuple(rows), "On test, known and new apart", own)


def look_summary(look: Look, words: str, count: int) -> list[str | Table]:
    """A look at test for a person; its first line says whether a baseline beats the winner. `count`: of the looks."""
    value = look.metrics[look.objective].value
    return [
        verdict(look.objective, value, on_test(look), "test"),
        "",
        test_table(look, words),
        "",
        *group_parts(look, words),
        *_seed_parts(look),
        f"{look.n_users:,} users; {look.protocol}.",
        looks_sentence(count, look.of_data),
    ]


def _seed_parts(look: Look) -> list[str | Table]:
    return [spread_table(look), ""] if look.seeds else []


def group_parts(look: Look, words: str) -> list[str | Table]:
    """The groups with what they are; nothing where test has nothing new."""
    return [groups_table(look, words), ABOUT_GROUPS, ""] if look.groups else []
