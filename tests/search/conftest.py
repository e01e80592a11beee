import os

import pytest


@pytest.fixture(autouse=True)
def _no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk is not what these tests are about."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
