"""Options that several commands share. A flag that overrides a file has the default None."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gnas.cli import complete

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to stdout; everything else goes to stderr.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the result and errors.")]
Device = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="auto|cpu|cuda|cuda:N", help="The device to compute on.", autocompletion=complete.devices
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="The seed of every random choice.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Change one setting, e.g. --set data.filter.core=5; repeatable."
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="FILE|NAME", help="Interactions: a file, a folder, or a name from `gnas data list`."
    ),
]
Space = Annotated[
    str | None,
    typer.Option("--space", metavar="FILE|NAME", help="The search space.", autocompletion=complete.spaces),
]
Storage = Annotated[
    str | None,
    typer.Option("--storage", metavar="URL", help="A database for the trials: postgresql://USER:PASSWORD@HOST/NAME."),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="Memory limit of one training, e.g. 4G; larger candidates train on parts of the graph."
    ),
]
Baselines = Annotated[
    bool | None,
    typer.Option("--baselines/--no-baselines", help="Measure the tuned baselines in the same look."),
]
Config = Annotated[str | None, typer.Option(metavar="CONFIG", help="Data and settings.")]
Effort = Annotated[str | None, typer.Option(metavar="smoke|fast|normal|best", help="How much to try.")]
Ensemble = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Most picks of the ensemble of the best candidates; 0: none."),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Epochs of training over all candidates.")]
Fork = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Start a new run from an old one with another space, data or settings; its candidates come first.",
        autocompletion=complete.runs,
    ),
]
Objective = Annotated[
    list[str] | None, typer.Option(metavar="METRIC", help="The metric to optimise, e.g. ndcg@20; repeatable.")
]
Refit = Annotated[bool | None, typer.Option("--refit/--no-refit", help="Fit on train and validation together first.")]
Resume = Annotated[str | None, typer.Option(metavar="RUN", help="Continue a run.", autocompletion=complete.runs)]
Sampler = Annotated[str | None, typer.Option(help="How candidates are proposed, e.g. portfolio or random.")]
Seeds = Annotated[int | None, typer.Option(min=1, help="Number of seeds to train an ARCHITECTURE on.")]
ShippedConfig = Annotated[
    str | None,
    typer.Argument(metavar="CONFIG", help="A shipped name or a YAML file.", autocompletion=complete.configs),
]
Timeout = Annotated[str | None, typer.Option(metavar="DURATION", help="Wall time, e.g. 90s, 30m or 1h30m.")]
Trials = Annotated[int | None, typer.Option(min=1, help="Number of candidates to train.")]
WarmStart = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RUN",
        help="Train the best candidates of an earlier run first; repeatable.",
        autocompletion=complete.runs,
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Number of processes that train at once.")]
WorkersPerGpu = Annotated[int | None, typer.Option(min=1, help="Number of processes that share a GPU.")]
Out = Annotated[str | None, typer.Option("--out", metavar="DIR", help="The new run directory.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run directory.", autocompletion=complete.runs)]
Code = Annotated[
    list[str] | None,
    typer.Option(
        "--code", metavar="FILE", help="Python code that adds operators, losses, metrics, readers, …; repeatable."
    ),
]


def with_code(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the option `--code`, whose files are imported before it runs."""

    @functools.wraps(command)
    def run(*, code: list[str] | None, **settings: Any) -> None:
        from gnas.plugins import load_code

        for file in code or ():
            load_code(file)
        command(**settings)

    own = inspect.signature(command)
    option = inspect.Parameter("code", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Code)
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "code": Code}
    return run


def examples(*lines: str) -> str:
    """The foot of a command's help: lines to copy, kept as they are."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])
