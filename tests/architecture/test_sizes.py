"""A module has one idea: whoever wants more lines has two."""

from pathlib import Path

import pytest

from tests.architecture.repository import PACKAGES, files, text

LINES_MAX = 300

GENERATED = ("static/src/core/wire.gen.ts",)
MIGRATIONS = Path("server/migrations/versions")


def modules() -> list[Path]:
    return [
        path
        for path in files("*.py", "static/src/**.ts")
        if path.as_posix() not in GENERATED and path.parent != MIGRATIONS
    ]


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_module_runs_to_300_lines_at_most(path: Path) -> None:
    assert len(text(path).splitlines()) <= LINES_MAX


def test_packages_load_nothing_by_themselves() -> None:
    full = [path for path in files("*__init__.py") if text(path).strip()]
    assert full == []


def test_there_are_modules_to_look_at() -> None:
    for package in PACKAGES[:3]:
        assert [path for path in modules() if path.parts[0] == package]
