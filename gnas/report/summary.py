"""The end of a search in words: who won, the figures side by side, the run directory, what to do next."""

from collections.abc import Mapping
from dataclasses import asdict

from gnas.metrics import metric_of
from gnas.report.families import families_table
from gnas.report.found import Found
from gnas.report.results import baseline_wins, figures_table, on_validation, shown_metrics, validation_verdict
from gnas.report.tables import Table
from gnas.report.trials import front_table, read_trials
from gnas.rundir.confirm import Confirmation
from gnas.rundir.ensemble import EnsembleRecord
from gnas.rundir.finetuning import FinetuningRecord
from gnas.rundir.layout import RunDirectory
from gnas.search.events import END_REASONS

FAMILY = ("family", "words", "trial", "confirmed", "to_winner")
"""What a machine calls the columns of the table of families."""


def search_summary(found: Found, reason: str, failures: Mapping[str, int]) -> list[str | Table]:
    """The summary for a person; its first line says whether a baseline beats the winner.

    Args:
        found: what the search came to.
        reason: why it ended, one of `END_REASONS`.
        failures: reasons of failed trials and how often each occurred.
    """
    run, objective, winner = found.run.path, found.objective, found.winner
    again = f"  gnas search --resume {run}"
    if winner is None:
        return [f"The search ended before a trial was over: {END_REASONS[reason]}.", "Go on with", again]
    metrics, confirmed = winner.record.validation, winner.record.confirmed
    parts: list[str | Table] = [
        validation_verdict(found),
        "",
        figures_table(objective, winner.words, metrics, found.baselines, "On validation"),
        "",
    ]
    rows = read_trials(found.run)
    families = families_table(found, rows)
    parts += [] if families is None else [families, ""]
    parts.append(f"Best architecture: {winner.words}")
    if confirmed is not None:
        parts.append(confirmation(objective, confirmed))
    if found.ensemble is not None:
        parts += ensemble_lines(found.ensemble)
    if found.front is not None:
        parts += ["", front_table(found.front, rows), ""]
    parts += [f"{count} trial(s) failed: {cause}" for cause, count in failures.items()]
    parts += [f"The search ended because {END_REASONS[reason]}.", "", f"Run directory: {run}", "Next:"]
    if reason == "stopped":
        parts.append(f"{again}          go on")
    return [*parts, *next_steps(found.run)]


def training_summary(found: Found) -> list[str | Table]:
    """The summary of one training for a person; empty where it has not ended."""
    if found.winner is None:
        return [f"The training in {found.run.path} has no result."]
    words, record = found.winner.words, found.winner.record
    return [
        figures_table(found.objective, words, record.validation, [], "On validation"),
        "",
        f"{record.epochs} epochs, the best was {record.best_epochs[0]}; {record.costs['train_s']:.1f} s",
        f"Run directory: {found.run.path}",
        "Next:",
        *next_steps(found.run),
    ]


def tuning_summary(run: RunDirectory, record: FinetuningRecord) -> list[str | Table]:
    """The summary of a fine-tuning for a person."""
    return [
        tuning_verdict(record, record.run),
        "",
        tuning_table(record),
        "",
        f"Trained {record.trained_parameters:,} of the encoder's {record.parameters:,} parameters; "
        f"of {len(record.epochs)} epochs the best was {record.best_epoch}",
        f"Encoder: {run.encoder}",
        f"Run directory: {run.path}",
        "Next:",
        *next_steps(run),
    ]


def next_steps(run: RunDirectory) -> list[str]:
    """Commands for a run with a best model."""
    return [
        f"  gnas evaluate {run.path}                 the figures on test",
        f"  gnas recommend {run.path} -k 10 -o recs.parquet",
    ]


def confirmation(objective: str, confirmed: Confirmation) -> str:
    """The winner's mean over fresh seeds, and whether it differs from the second by more than chance."""
    winner, second = confirmed.winner, confirmed.second
    if winner.fresh:
        text = f"Confirmed on {len(winner.fresh)} fresh seed(s): {objective} {winner.mean:.4f}"
        text += f" ± {winner.spread:.4f}" if len(winner.fresh) > 1 else ""
        text += f"; its trial, for which it was chosen, had {winner.value:.4f}"
    else:
        text = f"Not confirmed: {objective} {winner.value:.4f} is that of its trial, for which it was chosen"
    if confirmed.p_value is None or second is None:
        return f"{text}."
    told = "separated from" if confirmed.separated else "not separated from"
    return f"{text}; {told} the second, trial {second.number} (p = {confirmed.p_value:.3f})."


def search_document(found: Found, reason: str, failures: Mapping[str, int]) -> dict[str, object]:
    """The same for a machine; arguments as for `search_summary`."""
    objective, winner = found.objective, found.winner
    families = families_table(found, read_trials(found.run))
    return {
        "run": str(found.run.path),
        "reason": reason,
        "objective": objective,
        "best": winner
        and {
            "words": winner.words,
            "architecture": winner.architecture.shown(),
            "validation": winner.record.validation,
            "confirmed": winner.record.confirmed and asdict(winner.record.confirmed),
        },
        "baselines": [
            {"name": one.name, "params": one.params, "metrics": one.metrics, "wall_s": one.wall_s}
            for one in found.baselines
        ],
        "baseline_wins": winner is not None
        and baseline_wins(objective, winner.record.validation[objective], on_validation(objective, found.rivals)),
        "families": [dict(zip(FAMILY, row, strict=True)) for row in (families.rows if families else ())],
        "failures": dict(failures),
        "front": found.front and asdict(found.front),
        "ensemble": found.ensemble and asdict(found.ensemble),
        "report": str(found.run.report),
    }


def training_document(found: Found) -> dict[str, object]:
    """One training for a machine."""
    winner = found.winner
    if winner is None:
        return {"run": str(found.run.path)}
    record = winner.record
    return {
        "run": str(found.run.path),
        "words": winner.words,
        "architecture": winner.architecture.shown(),
        "epochs": record.epochs,
        "best_epoch": record.best_epochs[0],
        "validation": record.validation,
        "costs": record.costs,
    }


def tuning_document(found: Found, record: FinetuningRecord) -> dict[str, object]:
    """A fine-tuning for a machine."""
    told = {name: value for name, value in asdict(record).items() if name != "run"}
    return {**training_document(found), "source": record.run, **told}


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
