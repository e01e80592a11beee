"""A process of a search by several, for the tests.

`helping_search.py lead|help FOLDER SECONDS_PER_EPOCH SETTINGS [SPACE [fails]]`
"""

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
from gnas.space.search_space import parse_space
from tests.search.search_fakes import FakeTraining, quality, setup


def slow_setup(
    epoch_s: float, settings: dict[str, Any], tree: dict[str, Any] | None = None, *, fails: bool = False
) -> Setup:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        if fails:
            raise ValueError("no such luck")
        return FakeTraining(architecture, quality(architecture), lambda _: time.sleep(epoch_s))

    return setup(train=train, space=parse_space(tree) if tree else None, **settings)


def main() -> None:
    role, folder, epoch_s, settings, *space = sys.argv[1:]
    chosen = slow_setup(float(epoch_s), json.loads(settings), *map(json.loads, space[:1]), fails="fails" in space)
    if role == "lead":
        list(search(chosen, Path(folder), resume=True))
    else:
        list(assist(chosen, Path(folder), stop=orphaned(os.getppid())))


if __name__ == "__main__":
    main()
