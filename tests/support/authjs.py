"""Auth.js and NextAuth.js themselves: installed (``python -m tests.support.authjs``), and asked for
session cookies."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from static.build import Failed, find_node

FOLDER = Path(__file__).parents[1] / "server" / "accounts" / "hosts" / "authjs"
STAMP = FOLDER / "node_modules" / ".stamp"


def install() -> None:
    """Packages as the lock file says. Raises Failed."""
    if not is_installed():
        print("installing Auth.js for tests (npm ci)", flush=True)  # noqa: T201
        find_node().npm("--prefix", str(FOLDER), "ci", quiet=True)
        STAMP.write_bytes(_lock())


def is_installed() -> bool:
    return STAMP.is_file() and STAMP.read_bytes() == _lock()


def make_cookies(wishes: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, str]]:
    """Cookies by name, for each of the wishes that ``authjs/make.js`` describes."""
    if not is_installed():
        pytest.skip("Auth.js is not installed: `make test` does that")
    asked, answered = folder / "wishes.json", folder / "cookies.json"
    asked.write_text(json.dumps(wishes), "utf-8")
    arguments = ("run", "--silent", "make", "--", str(asked), str(answered))
    find_node().npm("--prefix", str(FOLDER), *arguments, quiet=True)
    made: list[dict[str, str]] = json.loads(answered.read_bytes())
    return made


def _lock() -> bytes:
    return (FOLDER / "package-lock.json").read_bytes()


if __name__ == "__main__":
    try:
        install()
    except Failed as failure:
        sys.exit(str(failure))
