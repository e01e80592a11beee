"""A search of 30 trials for the test that kills it: `killed_search.py FOLDER SECONDS_PER_EPOCH`."""

import sys
import time
from pathlib import Path
from typing import Any

from gnas.config.architecture import Architecture
from tests.search.search_fakes import FakeTraining, quality, run, setup


def search_of_thirty(folder: Path, epoch_s: float) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        return FakeTraining(architecture, quality(architecture), lambda _: time.sleep(epoch_s))

    settings: dict[str, Any] = {
        "sampler": "portfolio",
        "pruner": "halving",
        "trials": 30,
        "confirm": {"top": 2, "seeds": 1},
    }
    run(setup(train=train, **settings), folder, resume=True)


if __name__ == "__main__":
    search_of_thirty(Path(sys.argv[1]), float(sys.argv[2]))
