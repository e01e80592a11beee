"""How many rows reading, cleaning and splitting left."""

from collections.abc import Sequence

from gnas.report.tables import Table
from gnas.rundir.beginning import Step


def steps_table(steps: Sequence[Step], title: str = "What was kept, step by step") -> Table:
    """One line a step."""
    rows = tuple((step.step, step.interactions, step.users, step.items) for step in steps)
    return Table(("step", "interactions", "users", "items"), rows, title)
