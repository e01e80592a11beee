"""What `gnas finetune` does once its words are read."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from gnas.cli.output import Output
from gnas.cli.work import watch
from gnas.config.architecture import shown
from gnas.config.describe import describe
from gnas.features.tuning.encoder import Method
from gnas.report.page import write_report
from gnas.report.progress import Progress
from gnas.report.tuning import tuning_table, tuning_verdict
from gnas.run.finetune import finetune_run
from gnas.run.saved import saved_config
from gnas.rundir.finetuning import FinetuningRecord
from gnas.rundir.layout import create_run, discard_if_empty, open_run
from gnas.train.device import resolve_device
from gnas.train.finetune import Pace


def finetune_best(
    target: str, out: str | None, modality: str | None, method: Method, pace: Pace, device: str | None, output: Output
) -> None:
    """Fine-tune an encoder of a run's best architecture and leave a run directory."""
    source = open_run(Path(target))
    config = saved_config(source)
    where = resolve_device(device or config.device)
    run = create_run(source.path / "finetuned" if out is None else Path(out))
    metric = config.main_metric
    try:
        found = watch(finetune_run(source, run, modality, method, pace, where), Progress(metric), output)
    finally:
        discard_if_empty(run)
    write_report(run)
    record = found.record
    told = TypeAdapter(FinetuningRecord).validate_python(record)
    document: dict[str, Any] = {"run": str(run.path), "source": str(source.path), "words": describe(found.architecture)}
    output.result(
        {**document, "architecture": shown(found.architecture), **{k: v for k, v in record.items() if k != "run"}},
        tuning_verdict(told, str(source.path)),
        "",
        tuning_table(told),
        "",
        f"Trained {record['trained_parameters']:,} of the encoder's {record['parameters']:,} parameters; "
        f"of {len(record['epochs'])} epochs the best was {record['best_epoch']}",
        f"Encoder: {run.path / 'encoder'}",
        f"Run directory: {run.path}",
        "Next:",
        f"  gnas evaluate {run.path}",
        f"  gnas recommend {run.path} -k 10 -o recs.parquet",
    )
