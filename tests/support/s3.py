"""S3 for tests: moto's server, which has an environment of its own (`make moto`)."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from server import environment
from server.mediasettings import MediaSettings
from tests.support.dying import dying_with_us

MOTO = Path(__file__).parents[2] / ".venv-moto/bin/moto_server"
BUCKET = "uploads"


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address; it has one bucket, which is empty."""
    if not MOTO.exists():
        pytest.skip("no stand-in for S3: make moto")
    server = subprocess.Popen(
        dying_with_us(str(MOTO), "-H", "127.0.0.1", "-p", "0"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        found = (re.search(r"Running on (http://\S+)", line) for line in server.stderr)
        url = next(match[1] for match in found if match)
        httpx2.put(f"{url}/{BUCKET}").raise_for_status()
        yield url
    finally:
        server.kill()
        server.communicate()


def s3_settings(url: str) -> dict[str, str]:
    """Environment variables that name that bucket."""
    return {
        "MEDIA_URL": f"s3://{BUCKET}/some/prefix",
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-aws",
    }


def media_settings(url: str) -> MediaSettings:
    return environment.read(MediaSettings, s3_settings(url))
