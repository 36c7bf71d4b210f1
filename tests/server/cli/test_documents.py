"""Generated documents are written where the repository keeps them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import documents
from server.cli.main import cli


def test_what_is_missing_or_stale_is_written_and_the_rest_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    first, *others = documents.KEPT
    for path in others:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(documents.KEPT[path](), "utf-8")
    done = CliRunner().invoke(documents.docs)
    assert done.output == f"wrote {first}\n"
    assert (tmp_path / first).read_text("utf-8") == documents.KEPT[first]()
    assert CliRunner().invoke(documents.docs).output == ""


@pytest.mark.parametrize(("name", "version"), [("openapi", "3.1"), ("asyncapi", "3.")])
def test_an_interface_is_printed_as_one_document(name: str, version: str) -> None:
    done = CliRunner().invoke(cli, [name])
    assert done.exit_code == 0
    assert json.loads(done.stdout)[name].startswith(version)


def test_the_wire_is_printed_as_the_pages_keep_it() -> None:
    assert CliRunner().invoke(cli, ["wire"]).stdout.startswith("// Written by `python -m server")
