from pathlib import Path

import pytest

from tests.cli.gnas_runner import Gnas, search_words


def test_no_file_of_a_run_keeps_the_password_and_resume_asks_for_it(
    place: Path, gnas: Gnas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GNAS_STORAGE", raising=False)
    url = f"sqlite:///file:{tmp_path}/study.db?uri=true&password=s3cret"
    run = tmp_path / "run"
    ran = gnas(*search_words(place, run, "--storage", url, "--set", "search.baselines=false"))
    assert ran.code == 0, ran.err
    kept = [path for path in run.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
    assert kept == []
    assert "password=***" in (run / "config.yaml").read_text()
    assert "s3cret" not in ran.out + ran.err
    more = ("search", "--resume", run, "--trials", 4, "--quiet")
    refused = gnas(*more)
    assert refused.code == 2
    assert "needs its password" in refused.err
    other = gnas(*more, "--storage", url.replace("study.db", "other.db"))
    assert other.code == 2
    assert "search.storage: " in other.err
    assert "s3cret" not in other.err
    assert gnas(*more, "--storage", url).code == 0
    monkeypatch.setenv("GNAS_STORAGE", url)
    assert gnas("search", "--resume", run, "--trials", 5, "--quiet").code == 0
    assert not any(b"s3cret" in path.read_bytes() for path in run.rglob("*") if path.is_file())
