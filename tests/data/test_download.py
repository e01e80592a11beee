"""Downloads against a server in this process: whole, cut and resumed, wrong, missing, and with no server at all."""

import contextlib
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from gnas.data.cache import cache_folder, folder_of, is_cached, obtain
from gnas.data.catalog import CATALOG, DataSet, Remote
from gnas.data.download import digest, download
from gnas.errors import DataError

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `files`; cuts each answer after `cut_at` bytes while `cuts` are left; records the ranges asked for."""

    daemon_threads = False  # closing the server waits for them

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cut_at, self.cuts = 1_000_000, 0
        self.ranges: list[str | None] = []
        self.tag: str | None = '"v1"'
        self.status: dict[str, list[int]] = {}

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path[1:]
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        if self.server.status.get(name):
            self.send_error(self.server.status[name].pop(0))
            return
        if name not in self.server.files:
            self.send_error(404)
            return
        body = self.server.files[name]
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start and self.headers.get("If-Range") != self.server.tag:
            start = 0
        if start and start >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if self.server.tag:
            self.send_header("ETag", self.server.tag)
        body = body[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cuts:
            self.server.cuts -= 1
            body = body[: self.server.cut_at]
        self.wfile.write(body)
        self.close_connection = True

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client that hangs up is part of the test
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        server.files["a.bin"] = CONTENT
        yield server
        server.shutdown()
        thread.join()


def data_set(url: str, checksum: str | None = SHA256, keep: tuple[str, ...] = ()) -> DataSet:
    return DataSet("toy", "", "", "", (Remote(url, checksum, keep),))


def test_a_file_arrives_whole_and_progress_is_told(server: Server, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    download(server.url("a.bin"), tmp_path / "a.bin", lambda *args: told.append(args))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert told[-1] == ("a.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_a_cut_connection_is_resumed_where_it_was_cut(server: Server, tmp_path: Path) -> None:
    server.cuts = 2
    download(server.url("a.bin"), tmp_path / "a.bin", wait_s=0)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=1000000-", "bytes=2000000-"]


def test_a_later_call_goes_on_with_what_an_earlier_one_left(server: Server, tmp_path: Path) -> None:
    server.cuts, server.cut_at = 1, 700_000
    server.status["a.bin"] = []
    target = tmp_path / "a.bin"

    def stop(name: str, done: int, total: int | None) -> None:
        if done >= 500_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(server.url("a.bin"), target, stop)
    server.cuts = 0
    left = (tmp_path / "a.bin.part").stat().st_size
    assert not target.exists()
    assert left >= 500_000
    download(server.url("a.bin"), target)
    assert target.read_bytes() == CONTENT
    assert server.ranges[-1] == f"bytes={left}-"


def test_a_file_that_changed_meanwhile_is_begun_anew(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    (tmp_path / "a.bin.part").write_bytes(b"old" * 100)
    (tmp_path / "a.bin.part.tag").write_text('"v0"')
    download(server.url("a.bin"), target)
    assert target.read_bytes() == CONTENT


def test_a_part_that_nothing_identifies_is_begun_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"old" * 100)
    download(server.url("a.bin"), tmp_path / "a.bin")
    assert server.ranges == [None]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_begun_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT + b"more")
    (tmp_path / "a.bin.part.tag").write_text('"v1"')
    download(server.url("a.bin"), tmp_path / "a.bin", wait_s=0)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_but_not_for_ever(server: Server, tmp_path: Path) -> None:
    server.status["a.bin"] = [503, 429]
    download(server.url("a.bin"), tmp_path / "a.bin", wait_s=0)
    server.status["a.bin"] = [503] * 9
    with pytest.raises(DataError, match="the server answers 503"):
        download(server.url("a.bin"), tmp_path / "b.bin", wait_s=0, attempts=3)
    assert len(server.status["a.bin"]) == 6


def test_a_missing_file_is_said_at_once(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        download(server.url("none.bin"), tmp_path / "none.bin")
    assert str(caught.value) == (
        f"cannot download {server.url('none.bin')} (the server answers 404 Not Found); try again (what arrived is "
        f"kept), or download it elsewhere and put it at {tmp_path / 'none.bin'}"
    )
    assert server.ranges == [None]


def test_without_a_server_the_message_says_what_to_put_where(server: Server, tmp_path: Path) -> None:
    url = server.url("a.bin")
    server.shutdown()
    server.server_close()
    with pytest.raises(DataError) as caught:
        download(url, tmp_path / "a.bin", wait_s=0)
    assert str(caught.value).startswith(f"cannot download {url} (")
    assert str(caught.value).endswith(f"or download it elsewhere and put it at {tmp_path / 'a.bin'}")


def test_a_target_that_cannot_be_written_is_no_network_trouble(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        download(server.url("a.bin"), tmp_path / "file" / "a.bin")


class TestCache:
    def test_a_set_is_downloaded_once(self, server: Server, tmp_path: Path) -> None:
        toy = data_set(server.url("a.bin"))
        assert not is_cached(toy, tmp_path)
        folder = obtain(toy, root=tmp_path)
        assert folder == folder_of(toy, tmp_path) == tmp_path / "data" / "toy"
        assert is_cached(toy, tmp_path)
        obtain(toy, root=tmp_path)
        assert len(server.ranges) == 1

    def test_a_wrong_checksum_is_refused_and_the_file_deleted(self, server: Server, tmp_path: Path) -> None:
        expected = "sha256:" + "0" * 64
        with pytest.raises(DataError) as caught:
            obtain(data_set(server.url("a.bin"), expected), root=tmp_path)
        file = tmp_path / "data" / "toy" / "a.bin"
        assert str(caught.value) == (
            f"{file} is not the file that {server.url('a.bin')} should be: its checksum is {SHA256}, expected "
            f"{expected}; it was deleted; try again"
        )
        assert not file.exists()

    def test_without_a_checksum_the_first_download_is_remembered(self, server: Server, tmp_path: Path) -> None:
        toy = data_set(server.url("a.bin"), checksum=None)
        file = obtain(toy, root=tmp_path) / "a.bin"
        file.unlink()
        obtain(toy, root=tmp_path)
        file.unlink()
        server.files["a.bin"] = CONTENT[::-1]
        with pytest.raises(DataError, match=r"expected sha256:.*; it was deleted; .* delete .*checksums.json$"):
            obtain(toy, root=tmp_path)

    def test_a_file_put_there_by_hand_is_checked_and_kept(self, server: Server, tmp_path: Path) -> None:
        toy = data_set("http://127.0.0.1:1/a.bin")
        file = folder_of(toy, tmp_path) / "a.bin"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"something else")
        with pytest.raises(DataError, match=r"put the right one there, or delete it to have it downloaded$"):
            obtain(toy, root=tmp_path)
        file.write_bytes(CONTENT)
        assert obtain(toy, root=tmp_path) == file.parent

    def test_the_named_files_are_taken_out_of_an_archive(self, server: Server, tmp_path: Path) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("ml/u.data", "1\t2\t3\t4\n")
            archive.writestr("ml/../../evil.txt", "no")
            archive.writestr("ml/huge.csv", "not wanted")
        server.files["a.zip"] = buffer.getvalue()
        folder = obtain(data_set(server.url("a.zip"), None, ("u.data",)), root=tmp_path)
        assert sorted(path.name for path in folder.iterdir()) == ["checksums.json", "u.data"]
        assert (folder / "u.data").read_text() == "1\t2\t3\t4\n"
        with pytest.raises(DataError, match=r"a\.zip holds no u\.item; delete it and try again"):
            obtain(data_set(server.url("a.zip"), None, ("u.data", "u.item")), root=tmp_path)

    def test_a_broken_archive_is_said(self, server: Server, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="cannot be unpacked: File is not a zip file"):
            obtain(data_set(server.url("a.bin"), SHA256, ("u.data",)), root=tmp_path)

    def test_git_ids_are_checksums_too(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"hello\n")
        assert digest(tmp_path / "a", "git:x") == "git:ce013625030ba8dba906f756967f9e9ca394464a"

    def test_the_folder_follows_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.delenv("GNAS_CACHE", raising=False)
        assert cache_folder() == tmp_path / "gnas"
        monkeypatch.setenv("GNAS_CACHE", str(tmp_path / "own"))
        assert cache_folder() == tmp_path / "own"


def test_the_catalogue_says_source_and_terms_of_every_set() -> None:
    assert set(CATALOG) == {
        "synthetic", "movielens-small", "movielens-100k", "movielens-1m", "movielens-20m", "movielens-25m", "gowalla",
        "yelp2018", "amazon-book", "lastfm",
    }  # fmt: skip
    for name, entry in CATALOG.items():
        assert entry.name == name
        assert entry.summary
        assert entry.licence
        for remote in entry.files:
            assert remote.url.startswith("https://")
            kind, _, code = (remote.checksum or "").partition(":")
            assert len(code) == {"sha256": 64, "git": 40}[kind]
