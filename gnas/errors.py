"""Errors that a user can fix.

A message is one clear sentence: what is wrong, where, the value, what to do. The command line prints it without a
traceback and exits with `exit_code`. Everything that is not a `GnasError` is a bug and keeps its traceback.

    GnasError            exit 2
    ├── ConfigError      a config, space or architecture file
    ├── DataError        interactions, features, catalogue, downloads
    ├── RunError         a run directory or a saved model
    ├── PluginError      code from outside gnas
    ├── DeviceError      a device that is not there
    └── SearchFailed     exit 1: the search ran and found nothing
"""

from collections.abc import Sequence


class GnasError(Exception):
    """Base of all errors that a user can fix."""

    exit_code = 2


class ConfigError(GnasError):
    """A file that a user wrote is wrong; `problems` holds a sentence for each thing to fix."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class DataError(GnasError):
    """The data cannot be read, downloaded or used."""


class RunError(GnasError):
    """A run directory or a saved model cannot be used."""


class PluginError(GnasError):
    """Code from outside gnas cannot be loaded."""


class DeviceError(GnasError):
    """The device that was asked for is not there."""


class SearchFailed(GnasError):
    """The search ran, and no trial finished."""

    exit_code = 1


class TrialFailed(Exception):
    """One trial cannot go on (NaN, divergence, out of memory); the message is the recorded reason."""
