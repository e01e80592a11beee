"""`gnas doctor`: check the installation."""

from gnas.cli.options import Device, Json, Quiet, examples

EXAMPLES = examples("gnas doctor", "gnas doctor --device cuda --json")


def command(device: Device = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Check the installation.

    Shows versions, device, memory and disk space, and runs a search of a few seconds. Exits with 1 if a check fails.
    """
    import typer

    from gnas.cli.output import Output
    from gnas.run.doctor import check_up

    found = check_up(device or "auto")
    Output(as_json, quiet).show(found)
    if not found.healthy:
        raise typer.Exit(1)
