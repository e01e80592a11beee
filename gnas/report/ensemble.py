"""The ensemble beside the winner, in words."""

from gnas.rundir.ensemble import EnsembleRecord


def ensemble_lines(record: EnsembleRecord) -> list[str]:
    """The ensemble's figure beside the winner's, then a line for each member.

    Where nothing is better than the winner, one line that says so.
    """
    metric, values = record.metric, record.validation
    if len(record.members) == 1:
        return [f"Ensemble: none is better than the winner alone on validation ({metric} {values.winner:.4f})."]
    first = (
        f"Ensemble of {len(record.members)}: {metric} {values.ensemble:.4f} on validation, on which it was "
        f"chosen; the winner alone {values.winner:.4f}."
    )
    return [first, *(f"  {one.weight:.2f}  trial {one.trial}: {one.words}" for one in record.members)]
