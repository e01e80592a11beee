"""What `gnas train` does once its words are read."""

from pathlib import Path

from gnas.cli.output import Output
from gnas.cli.work import watch
from gnas.config.architecture import shown
from gnas.config.describe import describe
from gnas.config.load import load_architecture
from gnas.report.page import write_report
from gnas.report.progress import Progress
from gnas.report.results import figures_table
from gnas.run.configure import Asked, data_name, settle_config
from gnas.run.train import train_run
from gnas.rundir.layout import create_default_run, create_run, discard_if_empty
from gnas.train.device import resolve_device


def train_architecture(target: str, asked: Asked, out: str | None, output: Output) -> None:
    """Train one architecture and leave a run directory."""
    architecture = load_architecture(target)
    config = settle_config(asked)
    device = resolve_device(config.device)
    run = create_default_run(data_name(config.data), Path(target).stem) if out is None else create_run(Path(out))
    metric, words = config.main_metric, describe(architecture)
    progress = Progress(metric)
    try:
        trained = watch(train_run(run, config, architecture, device, progress.tick), progress, output)
    finally:
        discard_if_empty(run)
    write_report(run)
    output.result(
        {
            "run": str(run.path),
            "words": words,
            "architecture": shown(architecture),
            "epochs": trained.epochs,
            "best_epoch": trained.best.index,
            "validation": trained.best.metrics,
            "costs": trained.training.costs(),
        },
        figures_table(metric, words, trained.best.metrics, [], "On validation"),
        "",
        f"{trained.epochs} epochs, the best was {trained.best.index}; {trained.training.train_s:.1f} s",
        f"Run directory: {run.path}",
        "Next:",
        f"  gnas evaluate {run.path}",
        f"  gnas recommend {run.path} -k 10 -o recs.parquet",
    )
