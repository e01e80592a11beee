import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gnas.features.cache import cached_count, encode_cached


class Letters:
    """Counts letters; keeps what it was asked."""

    name, modality, sha256, identity, dim = "letters", "text", None, "letters-1", 26

    def __init__(self, pause_s: float = 0.0) -> None:
        self.asked: list[str] = []
        self.pause_s = pause_s

    def encode(self, values: Sequence[str]) -> np.ndarray:
        self.asked += values
        time.sleep(self.pause_s)
        return np.array([[text.count(chr(97 + k)) for k in range(26)] for text in values], dtype=np.float32)


VALUES = ["abc", "bca", "abc", "zz", "", "aa"]


def test_each_value_is_read_once_whatever_the_order(tmp_path: Path) -> None:
    first = Letters()
    found = encode_cached(first, VALUES, tmp_path, chunk=2)
    np.testing.assert_array_equal(found, Letters().encode(VALUES))
    assert first.asked == ["abc", "bca", "zz", "", "aa"]
    again = Letters()
    np.testing.assert_array_equal(encode_cached(again, [*VALUES[::-1], "new"], tmp_path)[:-1], found[::-1])
    assert again.asked == ["new"]
    assert cached_count(again, [*VALUES, "other"], tmp_path) == (5, 6)
    assert len(list((tmp_path / "letters-1").iterdir())) == 2  # chunks of a call became one file


def test_tells_how_far_it_is(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    encode_cached(Letters(), VALUES[:3], tmp_path)
    encode_cached(Letters(), VALUES, tmp_path, lambda done, total: seen.append((done, total)), chunk=2)
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_other_weights_are_other_readings(tmp_path: Path) -> None:
    encode_cached(Letters(), VALUES, tmp_path)
    other = Letters()
    other.identity = "letters-2"
    encode_cached(other, VALUES, tmp_path)
    assert len(other.asked) == 5


def test_a_damaged_file_is_read_anew(tmp_path: Path) -> None:
    encode_cached(Letters(), VALUES, tmp_path)
    (path,) = (tmp_path / "letters-1").iterdir()
    path.write_bytes(path.read_bytes()[:50])
    again = Letters()
    np.testing.assert_array_equal(encode_cached(again, VALUES, tmp_path), Letters().encode(VALUES))
    assert len(again.asked) == 5


def test_files_go_by_content_and_missing_ones_are_not_kept(tmp_path: Path) -> None:
    class Sizes(Letters):
        modality, identity = "image", "sizes"

        def encode(self, values: Sequence[str]) -> np.ndarray:
            self.asked += values
            return np.array([[len(Path(value).read_bytes())] for value in values], dtype=np.float32)

    for name in ("a", "b"):
        (tmp_path / name).write_text("same")
    paths = [str(tmp_path / name) for name in ("a", "b", "c")]
    found = encode_cached(Sizes(), paths, tmp_path / "cache")
    assert found[:2].ravel().tolist() == [4, 4]
    assert np.isnan(found[2]).all()
    (tmp_path / "c").write_text("comes later")
    later = Sizes()
    assert encode_cached(later, paths, tmp_path / "cache")[2] == 11
    assert later.asked == [paths[2]]


def test_nothing_at_all(tmp_path: Path) -> None:
    assert encode_cached(Letters(), [], tmp_path).shape == (0, 26)


def test_goes_on_after_a_kill(tmp_path: Path) -> None:
    """A process is killed between two chunks; the next one reads only what is missing, with the same result."""
    values = [f"{k:04d} abc" for k in range(200)]
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path\nfrom test_cache import Letters\nfrom gnas.features.cache import encode_cached\n"
        f"values = [f'{{k:04d}} abc' for k in range(200)]\n"
        f"encode_cached(Letters(0.1), values, Path({str(tmp_path)!r}), chunk=4)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    folder = tmp_path / "letters-1"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(list(folder.glob("*.safetensors"))) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done, total = cached_count(Letters(), values, tmp_path)
    assert 12 <= done < total == 200
    rest = Letters()
    np.testing.assert_array_equal(encode_cached(rest, values, tmp_path), Letters().encode(values))
    assert len(rest.asked) == 200 - done
