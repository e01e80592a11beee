"""Finds the interactions in a folder: parts of a given split, or one file of a known layout."""

from pathlib import Path

from gnas.config.data import DataConfig
from gnas.config.formats import AUTO, readable_endings
from gnas.data.readers import bare_name
from gnas.errors import DataError

PARTS = {"train": ("train", "training"), "valid": ("valid", "validation", "val", "dev"), "test": ("test", "testing")}

# Names of files of interactions, without their ending; earlier ones win.
KNOWN = ("u.data", "ratings.dat", "ratings.csv", "user_artists.dat")
STARTS = ("inter", "rating", "event", "click", "purchase", "review", "play", "transaction", "order", "log")


def files_of(folder: Path, config: DataConfig) -> dict[str, Path]:
    """The files of a folder by part (`train`, `valid`, `test`), or the one file as the part `all`.

    Raises:
        DataError: the folder holds no interactions, or several files that could be them.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    parts = {part: path for part, stems in PARTS.items() if (path := _part(files, stems))}
    if "train" in parts and "test" in parts:
        return parts
    for name in KNOWN:
        for path in files:
            if bare_name(path) == name:
                return {"all": path}
    readable = [
        path for path in files if bare_name(path).endswith(readable_endings()) and bare_name(path) != "readme.txt"
    ]
    named = [path for path in readable if bare_name(path).startswith(STARTS) or bare_name(path).endswith(".inter")]
    for group in (named, readable):
        if len(group) == 1:
            return {"all": group[0]}
    seen = ", ".join(path.name for path in files[:10]) or "nothing"
    if config.format == AUTO and not readable:
        raise DataError(f"{folder} holds no file of interactions that gnas can read; it holds {seen}")
    raise DataError(
        f"{folder} holds several files that could be the interactions ({seen}); name one as data.source, or a given "
        "split as data.train and data.test"
    )


def _part(files: list[Path], stems: tuple[str, ...]) -> Path | None:
    """The file of a part, such as `train.txt`, `train.csv.gz` or `name.train.inter`."""
    for stem in stems:
        for path in files:
            name = bare_name(path)
            if name.endswith(readable_endings()) and stem in name.split(".")[:-1]:
                return path
    return None
