"""Downloads one file over HTTP. A cut connection is resumed; a file is whole or not there."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from gnas import __version__
from gnas.errors import DataError

Progress = Callable[[str, int, int | None], None]
"""Called with the file's name, the bytes that are here, and the bytes in all, None where the server does not say."""

CHUNK = 1 << 18
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class _CutOff(Exception):
    """The connection ended before the file did."""


def download(
    url: str,
    target: Path,
    progress: Progress | None = None,
    attempts: int = 4,
    wait_s: float = 1.0,
    timeout_s: float = 30.0,
) -> None:
    """Fetch `url` into `target`.

    Bytes arrive in `<target>.part`, which stays when the connection is cut; the next attempt, in this call or another,
    goes on from there if the server still has the same file. An attempt that brought something does not count against
    `attempts`; `wait_s` doubles with each that brought nothing.

    Raises:
        DataError: the server cannot be reached or has no such file, or the file cannot be written.
    """
    part = target.with_name(target.name + ".part")
    failures = 0
    while True:
        before = _size(part)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _fetch(url, part, progress, timeout_s)
            part.replace(target)
            _tag(part).unlink(missing_ok=True)
            return
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"the server answers {error.code} {error.reason}"
            if error.code == 416:  # the part does not fit the file any more
                part.unlink(missing_ok=True)
            elif error.code not in _PASSING:
                raise DataError(_by_hand(url, target, reason)) from error
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, _CutOff) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        except OSError as error:
            raise DataError(f"{target} cannot be written: {error}") from error
        failures = 0 if _size(part) > before else failures + 1
        if failures >= attempts:
            raise DataError(_by_hand(url, target, reason))
        time.sleep(wait_s * 2**failures)


def _fetch(url: str, part: Path, progress: Progress | None, timeout_s: float) -> None:
    """One attempt: the rest of the file, or all of it where the server cannot or will not resume."""
    have = _size(part)
    headers = {"User-Agent": f"gnas/{__version__}", "Accept-Encoding": "identity"}
    tag = _tag(part).read_text() if _tag(part).is_file() else ""
    if have and tag:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout_s) as answer:
        resumed = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        have = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length is not None else None
        if not resumed:
            _remember(part, answer.headers)
        name = part.name.removesuffix(".part")
        with part.open("ab" if resumed else "wb") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                have += len(chunk)
                if progress:
                    progress(name, have, total)
    if total is not None and have < total:
        raise _CutOff(f"the connection was cut after {have} of {total} bytes")


def _remember(part: Path, headers: http.client.HTTPMessage) -> None:
    """Keep what identifies this version of the file, so that parts of two versions are never joined."""
    tag = headers.get("ETag") or "W/"
    tag = headers.get("Last-Modified", "") if tag.startswith("W/") else tag  # weak tags do not promise equal bytes
    if tag:
        _tag(part).write_text(tag)
    else:
        _tag(part).unlink(missing_ok=True)


def _tag(part: Path) -> Path:
    return part.with_name(part.name + ".tag")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _by_hand(url: str, target: Path, reason: str) -> str:
    return (
        f"cannot download {url} ({reason}); try again (what arrived is kept), or download it elsewhere "
        f"and put it at {target}"
    )


def digest(path: Path, checksum: str = "sha256") -> str:
    """The checksum of a file as `kind:hex`; `checksum` names the kind, as in `sha256` or `git:…` (git's blob id)."""
    kind = checksum.split(":")[0]
    state = hashlib.sha256() if kind == "sha256" else hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            state.update(chunk)
    return f"{kind}:{state.hexdigest()}"
