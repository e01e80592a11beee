"""The reference is what the models say today, and every key is explained."""

import sys
from subprocess import run

from docs.reference import reference
from gnas.config.run import SearchConfig
from gnas.search.pruners import PRUNERS
from gnas.search.samplers import SAMPLERS
from tests.docs.blocks import ROOT


def test_the_page_is_current() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    assert page == reference(), "write it again: python -m docs.reference > docs/configuration.md"


def test_every_key_says_what_it_does() -> None:
    silent = [line for line in reference().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert silent == []


def test_samplers_and_pruners_are_all_named() -> None:
    fields = SearchConfig.model_fields
    assert [name for name in SAMPLERS if f"`{name}`" not in str(fields["sampler"].description)] == []
    assert [name for name in PRUNERS if f"`{name}`" not in str(fields["pruner"].description)] == []


def test_it_is_written_without_torch() -> None:
    code = "import sys, docs.reference as r; r.reference(); sys.exit('torch' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
