"""The repository speaks of the product alone, and works wherever it is cloned."""

import re
from pathlib import Path

import pytest

from tests.architecture.repository import files, text

BINARY = {".png", ".jpg", ".ico", ".woff2"}
LOCKS = {"requirements.lock", "requirements-dev.lock", "package-lock.json"}

MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:home|root|Users|work|farm|build|mnt)/[A-Za-z0-9._-]+")
REGISTRY = re.compile(r"https?://(?!registry\.npmjs\.org/)[\w.:-]+/[^\s\"']+\.(?:whl|tgz|tar\.gz)")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")

OURS = "tests/architecture/test_portability.py"


def readable() -> list[Path]:
    return [path for path in files() if path.suffix not in BINARY and path.as_posix() != OURS]


def places(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_folder_of_some_machine() -> None:
    assert places(MACHINE_PATH, readable()) == []


def test_lock_files_name_no_private_registry() -> None:
    locks = [path for path in readable() if path.name in LOCKS]
    assert {path.name for path in locks} == LOCKS
    assert places(REGISTRY, locks) == []


def test_nothing_is_left_for_later() -> None:
    assert places(UNFINISHED, [path for path in readable() if path.name not in LOCKS]) == []


@pytest.mark.parametrize("line", ["see /home/somebody/x", "cd /root/causerie", '"/work/main"'])
def test_paths_of_machines_are_recognised(line: str) -> None:
    assert MACHINE_PATH.search(line)
