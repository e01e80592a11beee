"""What the graph is worth: the best candidate of each family side by side."""

from collections.abc import Sequence
from statistics import fmean

from gnas.config.architecture import FAMILIES
from gnas.report.found import Found
from gnas.report.tables import Table
from gnas.report.trials import TrialRow, best_trial
from gnas.rundir.confirm import Confirmed

Row = tuple[str, str, float, float | None, float | None]
"""Family, candidate, value of its trial, mean of its fresh trainings, difference to the winner."""


def families_table(found: Found, rows: Sequence[TrialRow]) -> Table | None:
    """The best of each family on validation, the winner stressed; None where there is but one.

    The difference is that of the fresh trainings which both went through, where there are some, else of their trials.
    """
    if found.winner is None or found.confirmed is None:
        return None
    known = [row for family in FAMILIES if (row := _best(found, found.confirmed.ranking, rows, family)) is not None]
    if len(known) < 2:
        return None
    best = frozenset(place for place, row in enumerate(known) if row[0] == found.winner.architecture.family)
    columns = ("family", "the best of it", f"{found.objective} of its trial", "confirmed", "to the winner")
    return Table(columns, tuple(known), "What the graph is worth, on validation", best)


def _best(found: Found, ranking: Sequence[Confirmed], rows: Sequence[TrialRow], family: str) -> Row | None:
    if family == "blend":
        return _blend(found)
    own = {row.number: row for row in rows if row.family == family}
    one = next((one for one in ranking if one.number in own), None)
    if one is not None:
        return family, own[one.number].words, one.value, one.mean if one.fresh else None, _behind(one, ranking[0])
    row = best_trial(list(own.values()), found.objective)
    if row is None:
        return None
    value = row.metrics[found.objective]
    return family, row.words, value, None, value - ranking[0].value


def _behind(one: Confirmed, winner: Confirmed) -> float | None:
    if one is winner:
        return None
    rounds = min(len(one.fresh), len(winner.fresh))
    return fmean(one.fresh[:rounds]) - fmean(winner.fresh[:rounds]) if rounds else one.mean - winner.value


def _blend(found: Found) -> Row | None:
    chosen = found.ensemble
    if chosen is None or len(chosen.members) < 2:
        return None
    values = chosen.validation
    return "blend", chosen.name, values.ensemble, None, values.ensemble - values.winner
