"""Code from outside gnas: installed packages, and files named with `--code`.

Both are imported once, before anything that a user wrote is read, and add to the registries under names of their own. A
package names itself in the entry-point group `gnas.plugins`; an entry point is a module, or a function that is called.
A file is kept in every run directory that is made while it is loaded, as `code/NAME.py` with its hash, and whatever
opens that directory imports it from there.
"""

import hashlib
import sys
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from gnas.errors import PluginError
from gnas.files import write_bytes, write_text

GROUP = "gnas.plugins"
FOLDER = "code"
"""Where a run directory keeps the files."""
HASHES = "sha256"
"""Their hashes, as `sha256sum -c` reads them."""


@dataclass(frozen=True)
class Code:
    """A file of Python that is loaded: where it was read, its bytes and their hash."""

    path: Path
    source: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 in hexadecimal digits."""
        return hashlib.sha256(self.source).hexdigest()


_loaded: dict[str, Code] = {}  # by file name, in the order of loading


@cache
def load_plugins() -> tuple[str, ...]:
    """Import the plug-ins that are installed, once a process, and give their names.

    Raises:
        PluginError: one of them cannot be imported.
    """
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    for entry in found:
        _load(entry)
    return tuple(entry.name for entry in found)


def load_code(path: str | Path) -> Code:
    """Import a file of Python, once a process.

    Raises:
        PluginError: it cannot be read or imported, or another file of that name is loaded.
    """
    load_plugins()
    path = Path(path)
    try:
        code = Code(path, path.read_bytes())
    except OSError as error:
        raise PluginError(f"{path}: cannot be read: {error.strerror}; give a file of Python") from None
    known = _loaded.get(path.name)
    if known is not None:
        if known.sha256 != code.sha256:
            raise PluginError(
                f"{path} differs from {known.path}, which is loaded already; give the two files different names, or "
                "drop one of them"
            )
        return known
    module = types.ModuleType(f"gnas_code_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses and pydantic look for the module of a class
    with _one_sentence(str(path), path):
        exec(compile(code.source, str(path), "exec"), module.__dict__)
    _loaded[path.name] = code
    return code


def keep_code(run: Path) -> None:
    """Copy the loaded files into a run directory, with their hashes."""
    if not _loaded:
        return
    for name, code in _loaded.items():
        write_bytes(run / FOLDER / name, code.source)
    write_text(run / FOLDER / HASHES, "".join(f"{code.sha256}  {name}\n" for name, code in _loaded.items()))


def load_kept_code(run: Path) -> None:
    """Import what `keep_code` left in a run directory; nothing where there is none.

    Raises:
        PluginError: a file is missing, was edited, or cannot be imported.
    """
    load_plugins()
    listed = run / FOLDER / HASHES
    if not listed.is_file():
        return
    for line in listed.read_text(errors="replace").splitlines():
        sha256, _, name = line.partition("  ")
        path = run / FOLDER / name
        if not name or path.parent != run / FOLDER or not path.is_file():
            raise PluginError(f"{listed} names {name!r}, which is not beside it; put the folder back as it was")
        if Code(path, path.read_bytes()).sha256 != sha256:
            raise PluginError(
                f"{path} was edited after the run began (its hash is not the one in {listed.name}); put it back, or "
                "begin a new run with `--code`"
            )
        load_code(path)


def _load(entry: EntryPoint) -> None:
    package = entry.dist.name if entry.dist is not None else "an unknown package"
    with _one_sentence(f"plug-in {entry.name!r} of {package}", _home(entry.module)):
        loaded = entry.load()
        if callable(loaded):
            loaded()


def _home(module: str) -> Path | None:
    """The folder of a package, or the file of a module outside packages; None where there is none."""
    spec = find_spec(module.partition(".")[0])
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)


@contextmanager
def _one_sentence(what: str, home: Path | None) -> Iterator[None]:
    """Whatever the code inside raises becomes a `PluginError`, with the last line that ran in `home`."""
    try:
        yield
    except SyntaxError as error:
        raise PluginError(f"{error.filename or what}:{error.lineno}: not Python: {error.msg}; fix the file") from error
    except (Exception, SystemExit) as error:
        place = what
        for frame in traceback.extract_tb(error.__traceback__):
            if home is not None and (home == Path(frame.filename) or home in Path(frame.filename).parents):
                place = f"{frame.filename}:{frame.lineno}"
        about = "the file" if place.startswith(what) else what
        said = (str(error).splitlines() or ["no reason given"])[0]
        raise PluginError(
            f"{place}: {about} cannot be loaded: {type(error).__name__}: {said}; fix it, or go without it"
        ) from error
