import json
from pathlib import Path

import pytest

from gnas.files import append_jsonl, cut_torn_line, finite, write_json, write_text


def test_a_file_is_replaced_whole_and_no_temporary_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]


def test_a_failed_write_leaves_the_old_file_and_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.txt"]


def test_json_has_no_nan_at_any_depth(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"x": [1.5, float("nan"), {"y": float("inf")}], 3: (True, None)})
    assert json.loads(path.read_text()) == {"x": [1.5, None, {"y": None}], "3": [True, None]}
    assert finite({"a": float("-inf")}) == {"a": None}


def test_records_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    for n in range(3):
        append_jsonl(path, {"n": n, "ä": "ß"})
    assert records(path) == [{"n": n, "ä": "ß"} for n in range(3)]
    assert cut_torn_line(tmp_path / "absent.jsonl") == 0


@pytest.mark.parametrize("kept", range(1, 12))
def test_a_torn_last_line_is_cut_off_and_writing_goes_on(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "log.jsonl"
    append_jsonl(path, {"n": 0})
    whole = path.read_bytes()
    append_jsonl(path, {"n": 12345})
    path.write_bytes(path.read_bytes()[: len(whole) + kept])
    assert cut_torn_line(path) == kept
    assert path.read_bytes() == whole
    assert cut_torn_line(path) == 0
    append_jsonl(path, {"n": 1})
    assert records(path) == [{"n": 0}, {"n": 1}]


def test_lines_that_are_no_text_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\xff\xfe\nnonsense\n{")
    assert cut_torn_line(path) == 1
    assert path.read_bytes() == b"\xff\xfe\nnonsense\n"


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
