"""What fine-tuning an encoder came to."""

from collections.abc import Mapping
from typing import Any

from gnas.metrics import metric_of
from gnas.report.results import shown_metrics
from gnas.report.tables import Table


def tuning_verdict(record: Mapping[str, Any], source: str) -> str:
    """Whether it helped, in one sentence.

    Args:
        record: the contents of finetuning.json.
        source: the run that it began from.
    """
    metric = record["metric"]
    frozen, tuned = (float(record["validation"][name][metric]) for name in ("frozen", "tuned"))
    if metric_of(metric).better(tuned, frozen):
        return f"Fine-tuning helped on validation: {metric} {tuned:.4f}, with the frozen encoder {frozen:.4f}."
    return (
        f"Fine-tuning did not help on validation: {metric} {tuned:.4f}, with the frozen encoder {frozen:.4f}; "
        f"stay with {source}."
    )


def tuning_table(record: Mapping[str, Any]) -> Table:
    """The same architecture on both readings, trained on the same seed."""
    rows = record["validation"]
    names = shown_metrics(record["metric"], list(rows["frozen"]))
    cells = [(name, *(rows[key][metric] for metric in names)) for key, name in KINDS]
    helped = metric_of(record["metric"]).better(rows["tuned"][record["metric"]], rows["frozen"][record["metric"]])
    best = [key for key, _ in KINDS].index(record["kept"] if helped else "frozen")
    return Table(("readings", *names), tuple(cells), "On validation, one seed", frozenset({best}))


KINDS = (
    ("frozen", "frozen encoder"),
    ("together", "recommender trained with the encoder"),
    ("again", "recommender trained after the encoder"),
)
"""Keys of the record's figures, and what they are called."""
