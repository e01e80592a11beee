"""A look at test as tables: all users, then known and new items and users apart."""

from gnas.metrics import metric_of
from gnas.report.results import looks_sentence, on_test, shown_metrics, spread_table, test_cells, test_table, verdict
from gnas.report.tables import Cell, Table
from gnas.rundir.look import Look

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
        looks_sentence(count),
    ]


def _seed_parts(look: Look) -> list[str | Table]:
    return [spread_table(look), ""] if look.seeds else []


def group_parts(look: Look, words: str) -> list[str | Table]:
    """The groups with what they are; nothing where test has nothing new."""
    return [groups_table(look, words), ABOUT_GROUPS, ""] if look.groups else []
