"""The folder of downloaded data sets: fetched once, checked, unpacked."""

import json
import os
import zipfile
from pathlib import Path

from gnas.data.catalog import DataSet, Remote
from gnas.data.download import Progress, digest, download
from gnas.errors import DataError
from gnas.files import write_json


def cache_folder() -> Path:
    """`$GNAS_CACHE`, else `gnas` in `$XDG_CACHE_HOME`, else `~/.cache/gnas`."""
    if own := os.environ.get("GNAS_CACHE"):
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "gnas"


def folder_of(data_set: DataSet, root: Path | None = None) -> Path:
    """Where the files of a data set lie, or will lie."""
    return (root or cache_folder()) / "data" / data_set.name


def is_cached(data_set: DataSet, root: Path | None = None) -> bool:
    """Whether everything is here, so that no network is needed."""
    folder = folder_of(data_set, root)
    return all((folder / name).is_file() for remote in data_set.files for name in remote.keep or (remote.name,))


def obtain(data_set: DataSet, progress: Progress | None = None, root: Path | None = None) -> Path:
    """The folder with the set's files, downloaded and checked where they are not here yet.

    A file that somebody put there by hand is checked like one that was downloaded.

    Raises:
        DataError: a download fails (the message says what to put where by hand), a checksum is wrong, or an archive
            is broken.
    """
    folder = folder_of(data_set, root)
    for remote in data_set.files:
        wanted = [name for name in remote.keep or (remote.name,) if not (folder / name).is_file()]
        file, records = folder / remote.name, folder / "checksums.json"
        if not wanted and (remote.keep or remote.url in _records(records)):
            continue
        here = file.is_file()
        if not here:
            download(remote.url, file, progress)
        _check(file, remote, records, by_hand=here)
        if remote.keep:
            _unpack(file, wanted)
            if not here:
                file.unlink()
    return folder


def _records(path: Path) -> dict[str, str]:
    """The checksums found so far, by address."""
    try:
        return dict(json.loads(path.read_text())) if path.is_file() else {}
    except ValueError as error:
        raise DataError(f"{path} is broken ({error}); delete it") from error


def _check(file: Path, remote: Remote, records: Path, by_hand: bool) -> None:
    """Compare with the catalogue's checksum, else with that of the first download; record what was found."""
    known = _records(records)
    expected = remote.checksum or known.get(remote.url)
    found = digest(file, expected or "sha256")
    if found == (expected or found):
        write_json(records, known | {remote.url: found})
        return
    if not by_hand:
        file.unlink()
    raise DataError(
        f"{file} is not the file that {remote.url} should be: its checksum is {found}, expected {expected}; "
        + ("put the right one there, or delete it to have it downloaded" if by_hand else "it was deleted; try again")
        + ("" if remote.checksum else f", and if the source has changed for good, delete {records}")
    )


def _unpack(archive: Path, names: list[str]) -> None:
    """Take `names` out of an archive, whatever folders they lie in, each whole or not at all."""
    try:
        with zipfile.ZipFile(archive) as file:
            members = {member.rsplit("/", 1)[-1]: member for member in file.namelist()}
            for name in names:
                if name not in members:
                    raise DataError(f"{archive} holds no {name}; delete it and try again")
                part = archive.with_name(f"{name}.part")
                with file.open(members[name]) as source, part.open("wb") as target:
                    while chunk := source.read(1 << 20):
                        target.write(chunk)
                part.replace(archive.with_name(name))
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"{archive} cannot be unpacked: {error}; delete it and try again") from error
