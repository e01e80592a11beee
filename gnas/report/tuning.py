"""Figures of fine-tuning an encoder."""

from gnas.metrics import metric_of
from gnas.report.results import shown_metrics
from gnas.report.tables import Table
from gnas.rundir.finetuning import FinetuningRecord


def tuning_verdict(record: FinetuningRecord, source: str) -> str:
    """Whether it helped, in one sentence.

    Args:
        record: the contents of finetuning.json.
        source: the run that it began from.
    """
    metric = record.metric
    frozen, tuned = record.validation.frozen[metric], record.validation.tuned[metric]
    figures = f"on validation: {metric} {tuned:.4f}, with the frozen encoder {frozen:.4f}"
    if _helped(record):
        return f"Fine-tuning helped {figures}."
    return f"Fine-tuning did not help {figures}; stay with {source}."


def tuning_table(record: FinetuningRecord) -> Table:
    """The same architecture on both readings, trained on the same seed."""
    rows = {
        "frozen": ("frozen encoder", record.validation.frozen),
        "together": ("recommender trained with the encoder", record.validation.together),
        "again": ("recommender trained after the encoder", record.validation.again),
    }
    names = shown_metrics(record.metric, record.validation.frozen)
    cells = tuple((name, *(figures.get(metric) for metric in names)) for name, figures in rows.values())
    best = list(rows).index(record.kept if _helped(record) else "frozen")
    return Table(("readings", *names), cells, "On validation, one seed", frozenset({best}))


def _helped(record: FinetuningRecord) -> bool:
    figures = record.validation
    return metric_of(record.metric).better(figures.tuned[record.metric], figures.frozen[record.metric])
