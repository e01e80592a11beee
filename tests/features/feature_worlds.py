"""Small tables, pictures and sounds for the tests of features."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from gnas.config.tables import FeatureTableConfig
from gnas.features.table import FeatureTable, load_table

DATA = Path(__file__).parents[2].parent / "shared/data"


def table(folder: Path, text: str, ids: Sequence[object], **config: object) -> FeatureTable:
    """The table of the CSV `text`, aligned with `ids`."""
    (folder / "items.csv").write_text(text, encoding="utf-8")
    settings = FeatureTableConfig.model_validate({"path": "items.csv", **config})
    return load_table(settings, pl.Series(ids), folder, "items")


def notes(report: Sequence[dict[str, object]], step: str) -> dict[object, object]:
    """Counts by column of one kind of step."""
    return {note["column"]: note["count"] for note in report if note["step"] == step}


def write_images(folder: Path, n: int) -> list[str]:
    """Random pictures of different sizes."""
    from PIL import Image

    rng = np.random.default_rng(0)
    paths = []
    for k in range(n):
        path = folder / f"{k}.png"
        Image.fromarray(rng.integers(0, 255, (20 + 3 * k, 30, 3), dtype=np.uint8)).save(path)
        paths.append(str(path))
    return paths


def write_sounds(folder: Path, n: int, rate: int = 8000) -> list[str]:
    """Tones in noise, of different lengths."""
    import soundfile

    rng = np.random.default_rng(0)
    paths = []
    for k in range(n):
        time = np.arange(int(rate * (0.3 + 0.1 * k))) / rate
        sound = 0.5 * np.sin(2 * np.pi * 220 * (k + 1) * time) + 0.05 * rng.standard_normal(len(time))
        path = folder / f"{k}.wav"
        soundfile.write(path, sound, rate)
        paths.append(str(path))
    return paths
