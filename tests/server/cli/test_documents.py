"""Generated documents are written where the repository keeps them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import documents


def test_what_is_missing_or_stale_is_written_and_the_rest_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    first, *others = documents.KEPT
    for path in others:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(documents.text_of(path), "utf-8")
    done = CliRunner().invoke(documents.docs)
    assert done.output == f"wrote {first}\n"
    assert (tmp_path / first).read_text("utf-8") == documents.text_of(first)
    assert CliRunner().invoke(documents.docs).output == ""
