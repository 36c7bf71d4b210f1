"""What is uploaded: where it is kept, and how much of it there may be."""

from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta

from server.environment import about, base_url
from server.mailsettings import MailSettings

UploadBytes: TypeAlias = Annotated[int, Meta(ge=1_024, le=2**30)]
StoredBytes: TypeAlias = Annotated[int, Meta(ge=1_024, le=2**50)]
Pixels: TypeAlias = Annotated[int, Meta(ge=1, le=2**40)]

_MEDIA = "Uploads"


def bucket(text: str) -> str:
    """``s3://bucket/prefix``, without a slash at its end.

    Raises:
        ValueError: no such address.
    """
    parts = urlsplit(text)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query:
        raise ValueError(f"expected an address such as s3://bucket/prefix, got {text[:60]!r}")
    return text.rstrip("/")


class MediaSettings(MailSettings, frozen=True, kw_only=True, rename="upper"):
    """The part of ``Settings`` that concerns uploads."""

    media_url: Annotated[
        str | None,
        about(
            _MEDIA,
            "Bucket for uploaded files (`s3://bucket/prefix`), of S3 or of a server that speaks its"
            " protocol. What `AWS_*` variables do not say is asked of the machine.",
            parse=bucket,
            otherwise="the folder `media` in DATA_DIR",
        ),
    ] = None
    aws_endpoint_url: Annotated[
        str | None,
        about(_MEDIA, "Where the bucket is, if it is not Amazon's.", parse=base_url),
    ] = None
    aws_region: Annotated[str | None, about(_MEDIA, "Region of the bucket.")] = None
    aws_access_key_id: Annotated[
        str | None, about(_MEDIA, "Credentials for the bucket.", secret=True)
    ] = None
    aws_secret_access_key: Annotated[str | None, about(_MEDIA, "Likewise.", secret=True)] = None
    aws_session_token: Annotated[
        str | None, about(_MEDIA, "Likewise, of temporary ones.", secret=True)
    ] = None
    upload_bytes: Annotated[UploadBytes, about(_MEDIA, "Bytes of one uploaded file.")] = (
        25 * 1024**2
    )
    media_bytes_per_user: Annotated[
        StoredBytes, about(_MEDIA, "Bytes of all uploaded files that a user may keep.")
    ] = 2 * 1024**3
    picture_pixels: Annotated[
        Pixels,
        about(_MEDIA, "Pixels of one picture: none unpacks to more than programs can take."),
    ] = 50_000_000
