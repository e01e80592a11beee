"""`gnas finetune`: adapt the encoder of a run's best architecture to the data."""

from typing import Annotated

import typer

from gnas.cli.options import Device, Json, Out, Quiet, Run, examples

EXAMPLES = examples(
    "gnas finetune runs/20260301-101500-clicks-features",
    "gnas finetune runs/20260301-101500-clicks-features --layers 2 --epochs 10",
    "gnas finetune runs/20260301-101500-clicks-features --modality image --lora 8",
)


def command(
    run: Run,
    modality: Annotated[
        str | None, typer.Option(metavar="text|image|audio", help="Which encoder, if there are several.")
    ] = None,
    layers: Annotated[int | None, typer.Option(min=1, help="Train the last N layers (default: 1).")] = None,
    lora: Annotated[int | None, typer.Option(metavar="RANK", min=1, help="Add low-rank layers instead.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Maximum number of epochs.")] = 5,
    lr: Annotated[
        float | None, typer.Option(help="Learning rate of the encoder (default: 1e-4, with --lora 1e-3).")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Texts, pictures or sounds encoded per step.")] = 32,
    out: Out = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune an encoder of a run's best architecture.

    Trains the last layers of a Hugging Face encoder together with the recommender, then the recommender alone on the
    new embeddings. The better of the two is written to RUN/finetuned, with the encoder. RUN is not changed, and the
    test split is not used.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import watched
    from gnas.errors import ConfigError
    from gnas.features.tuning.encoder import Method
    from gnas.run.finetune import finetune
    from gnas.train.finetune import Pace

    if layers is not None and lora is not None:
        raise ConfigError("--layers trains layers as they are, --lora adds to all of them; give one of the two")
    method = Method(layers or 1, lora)
    pace = Pace(epochs, lr if lr is not None else 1e-4 if lora is None else 1e-3, batch)
    with watched(quiet) as see:
        tuned = finetune(run, out=out, modality=modality, method=method, pace=pace, device=device, on_event=see)
    Output(as_json, quiet).show(tuned)
