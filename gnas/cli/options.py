"""The options that several commands share. A flag that overrides a file has the default None."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gnas.cli import complete

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; everything else goes to stderr.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the result and errors; no progress.")]
Device = Annotated[
    str | None,
    typer.Option("--device", metavar="auto|cpu|cuda|cuda:N", help="Where to compute.", autocompletion=complete.devices),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="The seed behind every random choice.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Change one setting, as in --set data.filter.core=5; may be repeated."
    ),
]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="FILE|NAME", help="Interactions: a file, a folder, or a name of `gnas data list`."),
]
Space = Annotated[
    str | None,
    typer.Option("--space", metavar="FILE|NAME", help="The search space.", autocompletion=complete.spaces),
]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage", metavar="URL", help="A database instead of a file: postgresql://USER:PASSWORD@HOST/NAME."
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="Memory for one training, as in 4G; what needs more trains on parts of the graph."
    ),
]
Baselines = Annotated[
    bool | None,
    typer.Option("--baselines/--no-baselines", help="Whether to measure the tuned baselines in the same look."),
]
Config = Annotated[str | None, typer.Option(metavar="CONFIG", help="Data and settings.")]
Effort = Annotated[str | None, typer.Option(metavar="smoke|fast|normal|best", help="How much to try.")]
Ensemble = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="Also blend the best candidates, in at most N picks.")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Epochs of training over all candidates.")]
Fork = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Begin a new run from an old one whose space, data or settings change: its candidates come first.",
        autocompletion=complete.runs,
    ),
]
Objective = Annotated[
    list[str] | None, typer.Option(metavar="METRIC", help="What to aim at, as in ndcg@20; may be repeated.")
]
Refit = Annotated[
    bool | None, typer.Option("--refit/--no-refit", help="Fit on train and validation together before measuring.")
]
Resume = Annotated[
    str | None, typer.Option(metavar="RUN", help="Go on with a run that was stopped.", autocompletion=complete.runs)
]
Sampler = Annotated[str | None, typer.Option(help="How candidates are proposed, as in portfolio or random.")]
Seeds = Annotated[int | None, typer.Option(min=1, help="Trainings of an ARCHITECTURE, each on its own seed.")]
ShippedConfig = Annotated[
    str | None,
    typer.Argument(metavar="CONFIG", help="A shipped name or a YAML file.", autocompletion=complete.configs),
]
Timeout = Annotated[str | None, typer.Option(metavar="DURATION", help="Wall time, as in 90s, 30m or 1h30m.")]
Trials = Annotated[int | None, typer.Option(min=1, help="How many candidates to train.")]
WarmStart = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RUN", help="Train the best of an earlier run first; may be repeated.", autocompletion=complete.runs
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes that train at once.")]
WorkersPerGpu = Annotated[int | None, typer.Option(min=1, help="Processes that share a GPU.")]
Out = Annotated[str | None, typer.Option("--out", metavar="DIR", help="The new run directory.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run directory.", autocompletion=complete.runs)]
Code = Annotated[
    list[str] | None,
    typer.Option(
        "--code", metavar="FILE", help="Python that adds operators, losses, metrics, readers …; may be repeated."
    ),
]


def with_code(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the option `--code`, whose files are imported before it runs."""

    @functools.wraps(command)
    def run(*, code: list[str] | None, **settings: Any) -> None:
        from pathlib import Path

        from gnas.plugins import load_code

        for file in code or ():
            load_code(Path(file))
        command(**settings)

    own = inspect.signature(command)
    option = inspect.Parameter("code", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Code)
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "code": Code}
    return run


def examples(*lines: str) -> str:
    """The foot of a command's help: lines to copy, kept as they are."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])
