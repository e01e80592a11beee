"""Values that nobody means: each is a sentence, none a crash or a long wait."""

from pathlib import Path

import pytest

from gnas.config.data import DataConfig
from gnas.config.load import load_run_config
from gnas.data.prepare import prepare
from gnas.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("data: {source: synthetic, synthetic: {users: 1000000000000000}}", "data.synthetic.users: must be at most"),
        ("data: {source: synthetic, filter: {min_rating: .nan}}", "min_rating: must be a finite number, not nan"),
        ("data: {source: synthetic}\nevaluate: {cutoffs: [99999999]}", "a.yaml:2: evaluate.cutoffs.0: must be at most"),
        ("data: {source: synthetic}\nseed: .nan", "a.yaml:2: seed: must be a whole number, not nan"),
        ("data: {source: synthetic}\n1: a\nnull: b\n2020-01-01: c", "a.yaml:4: 2020-01-01: unknown key"),
        ("data: {source: a, format: cvs}", "data.format: unknown format 'cvs' (did you mean 'csv'?"),
        ("data: {source: a, items: {path: b, derive: {'': x}}}", "data.items.derive.: string should have at least 1"),
    ],
)
def test_in_a_configuration(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "a.yaml").write_text(text + "\n")
    with pytest.raises(ConfigError) as caught:
        load_run_config(str(tmp_path / "a.yaml"))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("column", ["²", -1, 10**18, "99"])
def test_numbers_of_columns_that_are_none(tmp_path: Path, column: object) -> None:
    (tmp_path / "a.csv").write_text("user,item\na,b\n")
    config = DataConfig.model_validate({"source": "a.csv", "columns": {"user": column}})
    with pytest.raises(DataError, match=r"data\.columns\.user asks for"):
        prepare(config, 0, tmp_path)
