"""What all pages have in common: links lead somewhere, and what is not run says why."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks

PAGES = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_the_pages_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/configuration.md", "docs/decisions/README.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_project_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)", text):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page} links to {target}"
        if anchor:
            assert anchor in _anchors(path), f"{page} links to {target}{anchor}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith("README.md") and page != "README.md"])
def test_an_index_names_every_page_beside_it(page: str) -> None:
    beside = {path.name for path in (ROOT / page).parent.glob("*.md")} - {"README.md"}
    assert beside == set(re.findall(r"^- \[([\w-]+\.md)\]", (ROOT / page).read_text(), re.MULTILINE))


def test_lines_are_not_long() -> None:
    for page in PAGES:
        prose = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.DOTALL | re.MULTILINE)
        long = [line for line in prose.splitlines() if len(line) > 120 and not line.startswith("|")]
        assert page == "docs/configuration.md" or not long, f"{page}: {long[0]}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_block_is_of_a_language_that_is_run_or_says_why_not(page: str) -> None:
    for block in blocks(page):
        assert block.reason or block.language in ("sh", "python", "yaml", "toml", "text"), block.place


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
