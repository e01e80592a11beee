"""A process of a search by several, for the tests: `helping_search.py lead|help FOLDER SECONDS_PER_EPOCH SETTINGS`."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from gnas.config.architecture import Architecture
from gnas.search.crew import orphaned
from gnas.search.search import assist, search
from gnas.search.work import Setup
from tests.search.search_fakes import FakeTraining, quality, setup


def slow_setup(epoch_s: float, settings: dict[str, Any]) -> Setup:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        return FakeTraining(architecture, quality(architecture), lambda _: time.sleep(epoch_s))

    return setup(train=train, **settings)


def main() -> None:
    role, folder, epoch_s, settings = sys.argv[1:]
    chosen = slow_setup(float(epoch_s), json.loads(settings))
    if role == "lead":
        list(search(chosen, Path(folder), resume=True))
    else:
        list(assist(chosen, Path(folder), stop=orphaned(os.getppid())))


if __name__ == "__main__":
    main()
