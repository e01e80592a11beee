"""`gnas finetune`: the encoder of a run's best architecture, adapted to the data."""

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
        str | None, typer.Option(metavar="text|image|audio", help="Whose encoder, where there are several.")
    ] = None,
    layers: Annotated[int | None, typer.Option(min=1, help="Train the last N layers; 1 if nothing is said.")] = None,
    lora: Annotated[int | None, typer.Option(metavar="RANK", min=1, help="Low-rank additions to all layers.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="At most so many; early stopping ends sooner.")] = 5,
    lr: Annotated[
        float | None, typer.Option(help="The encoder's learning rate; 1e-4, or 1e-3 for low-rank additions.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Texts, pictures or sounds that a step reads anew.")] = 32,
    out: Out = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune the encoder of a run's best.

    Takes the best architecture of a RUN, trains the last layers of a Hugging Face encoder that it reads through
    together with the recommender, and then the recommender alone, from the start, on the new readings. The better of
    the two stands in a run directory, RUN/finetuned, with the encoder inside; RUN itself stays as it is. Only
    validation is looked at.
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
