"""S3 for tests: moto's server with a bucket."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from server import environment
from server.mediasettings import MediaSettings
from tests.support.moto import moto_server

BUCKET = "uploads"


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address; it has one bucket, which is empty."""
    with moto_server() as url:
        httpx2.put(f"{url}/{BUCKET}").raise_for_status()
        yield url


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
