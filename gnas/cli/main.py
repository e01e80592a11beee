"""The `gnas` command: all commands, and the one place where errors become sentences and exit codes.

Exit codes: 0 done, 1 it ran and failed, 2 bad input. Results go to stdout, everything on the way to stderr.
Nothing heavy is imported here or at the top of a command's file, so that help and completion answer at once.
"""

import errno
import json
import os
import sys
from collections.abc import Sequence

import typer

from gnas import __version__
from gnas.cli import compare, data, doctor, evaluate, finetune, recommend, report, search, space, status, train, worker
from gnas.cli.options import with_code
from gnas.errors import GnasError

EXAMPLES = """\
Find the best graph neural recommender for your interactions, and measure it honestly.

\b
Examples:
  gnas search movielens-small             search on a shipped configuration
  gnas search --data clicks.csv --timeout 30m
  gnas evaluate runs/NAME                 the figures on the test split
  gnas recommend runs/NAME -k 10 -o recs.parquet

Add --debug anywhere to see the traceback behind an error.
"""

TOLD = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP)
"""What the operating system refuses and a user can fix."""

app = typer.Typer(
    name="gnas",
    help=EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
COMMANDS = {
    "search": search, "evaluate": evaluate, "train": train, "finetune": finetune, "recommend": recommend,
    "compare": compare, "report": report, "status": status, "worker": worker, "doctor": doctor,
}  # fmt: skip
for _name, _module in COMMANDS.items():
    app.command(_name, epilog=_module.EXAMPLES)(_module.command)
app.add_typer(data.app, name="data")
app.add_typer(space.app, name="space")
for _known in (*app.registered_commands, *data.app.registered_commands, *space.app.registered_commands):
    if _known.name != "doctor" and _known.callback is not None:
        _known.callback = with_code(_known.callback)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gnas {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and stop.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Only the version lives on the root; the help is the app's."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    # Threads that wait must sleep: spinning ones cost up to 8 times as much where other work shares the cores.
    # Large tensors on huge pages: with small ones, touching fresh memory costs more than the sparse products.
    # Both have to stand before torch is imported, and a user's own settings win.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        app([word for word in words if word != "--debug"], prog_name="gnas")
    except GnasError as error:
        if debug:
            raise
        if "--json" in words:
            print(json.dumps({"error": {"kind": type(error).__name__, "message": str(error)}}))
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has gone: nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:
        if debug or error.errno not in TOLD:
            raise
        print(f"Error: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2 if error.errno in (errno.ENAMETOOLONG, errno.ELOOP) else 1) from None
    except MemoryError as error:
        if debug:
            raise
        print(f"Error: out of memory: {error}; try less data, or smaller settings", file=sys.stderr)
        raise SystemExit(1) from None
