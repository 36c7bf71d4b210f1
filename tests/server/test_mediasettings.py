"""Where uploads are kept is said by the environment, and checked at start."""

import pytest

from server import environment
from server.environment import SettingsError
from server.mediasettings import MediaSettings
from server.settings import load


def test_nothing_said_is_the_folder_and_25_mebibytes() -> None:
    settings = load({})
    assert (settings.media_url, settings.upload_bytes) == (None, 26_214_400)


@pytest.mark.parametrize("text", ["s3://bucket", "s3://bucket/a/prefix"])
def test_a_bucket_is_named_with_or_without_a_prefix(text: str) -> None:
    assert environment.read(MediaSettings, {"MEDIA_URL": f"{text}/"}).media_url == text


@pytest.mark.parametrize(
    "text",
    ["bucket", "/srv/media", "https://bucket", "s3://", "s3://key:secret@bucket", "s3://b?x=1"],
)
def test_anything_else_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="MEDIA_URL"):
        load({"MEDIA_URL": text})


def test_credentials_are_secrets() -> None:
    settings = load({"AWS_SECRET_ACCESS_KEY": "hush", "AWS_REGION": "eu"})
    assert settings.secrets() == ("hush",)
    assert "hush" not in repr(settings)
