"""Tables and sounds as people publish them."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gnas.config.encoders import Mel
from gnas.config.tables import FeatureTableConfig
from gnas.features.cache import cached_count, encode_cached
from gnas.features.read import read_frame
from gnas.features.table import load_table
from tests.features.feature_worlds import DATA


def needs(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"the data set {name} is not here")
    return DATA / name


def test_a_shop(tmp_path: Path) -> None:
    shop = needs("online-retail")
    ids = read_frame(shop / "items.csv")["StockCode"]
    items = load_table(FeatureTableConfig(path="items.csv"), ids, shop, "items")
    assert {name: column.type for name, column in items.columns.items()} == {"title": "text", "price": "number"}
    users = load_table(
        FeatureTableConfig(path="users.csv"), read_frame(shop / "users.csv")["CustomerID"], shop, "users"
    )
    assert {name: column.type for name, column in users.columns.items()} == {"country": "category"}


def test_artists_with_quotation_marks_in_their_names() -> None:
    music = needs("hetrec-lastfm")
    artists = load_table(
        FeatureTableConfig(path="artists.dat"), read_frame(music / "artists.dat")["id"], music, "items"
    )
    types = {name: column.type for name, column in artists.columns.items()}
    assert types == {"name": "text", "url": "ignore", "pictureURL": "ignore"}
    assert '"Weird Al" Yankovic' in artists.frame["name"].to_list()


def test_vectors_of_clips() -> None:
    clips = needs("tiktok")
    ids = read_frame(clips / "train.tsv")["i"].unique()
    config = FeatureTableConfig(vectors={"image": "image_feat.npy", "audio": "audio_feat.npy"})
    items = load_table(config, ids, clips, "items")
    rows = np.load(clips / "audio_feat.npy")
    np.testing.assert_array_equal(items.vectors["audio"].values, rows[ids.cast(int).to_numpy()])
    assert items.vectors["image"].present.all()


def test_spoken_digits_go_on_after_a_kill(tmp_path: Path) -> None:
    pytest.importorskip("soundfile", reason="the extra `audio` is not installed")
    folder = needs("spoken-digits")
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from gnas.config.encoders import Mel\n"
        "from gnas.features.cache import encode_cached\n"
        "files = sorted(map(str, Path(sys.argv[1]).glob('*.wav')))\n"
        "kill = lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done >= 32 else None\n"
        "encode_cached(Mel().build(), files, Path(sys.argv[2]), kill, chunk=16)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(folder), str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    files, encoder, seen = sorted(map(str, folder.glob("*.wav"))), Mel().build(), list[int]()
    found = encode_cached(encoder, files, tmp_path, lambda done, _: seen.append(done), chunk=16)
    assert seen == [32, 48, 60]
    np.testing.assert_array_equal(found, encoder.encode(files))


def test_spoken_digits_are_read_once_and_go_on_where_reading_stopped(tmp_path: Path) -> None:
    pytest.importorskip("soundfile", reason="the extra `audio` is not installed")
    files = sorted(map(str, needs("spoken-digits").glob("*.wav")))
    encoder = Mel().build()

    def stop(done: int, total: int) -> None:
        if done >= 32:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_cached(encoder, files, tmp_path, stop, chunk=16)
    assert cached_count(encoder, files, tmp_path) == (32, 60)
    seen: list[int] = []
    found = encode_cached(encoder, files, tmp_path, lambda done, _: seen.append(done), chunk=16)
    assert seen == [32, 48, 60]
    np.testing.assert_array_equal(found, encoder.encode(files))
    speaker = np.array([Path(file).stem.split("_")[1] for file in files])
    scaled = (found - found.mean(0)) / found.std(0)
    apart = np.linalg.norm(scaled[:, None] - scaled[None], axis=2) + np.eye(60) * 1e9
    assert (speaker[apart.argmin(1)] == speaker).mean() > 0.8  # chance is one in six
