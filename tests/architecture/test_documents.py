"""Generated documents say what the code says, and what documents point at is there."""

import re
from pathlib import Path

import pytest

from server.cli.documents import KEPT
from tests.architecture.repository import ROOT, files, text

LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")


@pytest.mark.parametrize("path", KEPT)
def test_a_generated_document_is_fresh(path: str) -> None:
    assert (ROOT / path).read_text("utf-8") == KEPT[path](), "run: make docs"


PAGES = [path for path in files("*.md") if "templates" not in path.parts]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    missing = [to for to in LINK.findall(text(page)) if not (ROOT / page.parent / to).exists()]
    assert missing == []
