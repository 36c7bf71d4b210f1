"""Amazon's services for tests: moto's server, which has an environment of its own (`make moto`)."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.dying import dying_with_us

BIN = Path(__file__).parents[2] / ".venv-moto/bin"


@contextmanager
def moto_server() -> Iterator[str]:
    """Its address."""
    if not (BIN / "moto_server").exists():
        pytest.skip("no stand-in for Amazon's services: make moto")
    server = subprocess.Popen(
        dying_with_us(str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", "0"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        found = (re.search(r"Running on (http://\S+)", line) for line in server.stderr)
        yield next(match[1] for match in found if match)
    finally:
        server.kill()
        server.communicate()
