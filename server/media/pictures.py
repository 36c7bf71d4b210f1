"""Pictures by their bytes: which kind, how large, and whether all of it is there. Nothing is
decoded, so that nothing can unpack here."""

import mmap
from typing import BinaryIO, NamedTuple

import imagesize

from server.domain.errors import UnsupportedMedia

PNG, JPEG, WEBP, GIF = "image/png", "image/jpeg", "image/webp", "image/gif"

SEGMENTS_MAX = 1_000
"""Of a JPEG file before its picture begins: 65 MB of them, when each is full."""

_PNG_END = b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"
_JPEG_END = b"\xff\xd9"
_GIF_END = b"\x3b"


class Size(NamedTuple):
    width: int
    height: int


def picture_type(head: bytes) -> str | None:
    """What begins so, by its signature; None: no picture that we know."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    return None


def measure(file: BinaryIO, media_type: str, pixels_max: int) -> Size:
    """Width and height in pixels, as a viewer shows it. ``file`` lies on disk.

    Raises:
        UnsupportedMedia: it is cut off, its size cannot be read, or it has too many pixels.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if not _is_whole(data, media_type):
            raise UnsupportedMedia("The picture is not complete.")
    file.seek(0)
    width, height = imagesize.get(file)
    if width < 1 or height < 1:
        raise UnsupportedMedia("The size of the picture cannot be read.")
    if width * height > pixels_max:
        raise UnsupportedMedia(
            f"The picture has {width} by {height} pixels; it may have {pixels_max} of them.",
            metadata={"limit": pixels_max, "width": width, "height": height},
        )
    return Size(int(width), int(height))


def _is_whole(data: mmap.mmap, media_type: str) -> bool:
    match media_type:
        case "image/png":
            return data.find(_PNG_END) > 0
        case "image/jpeg":
            begins = _jpeg_begins(data)
            return begins > 0 and data.find(_JPEG_END, begins) > 0
        case "image/webp":
            return len(data) >= 8 + int.from_bytes(data[4:8], "little")
        case _:  # GIF; some writers fill the last block with zeros
            return data[-64:].rstrip(b"\x00").endswith(_GIF_END)


def _jpeg_begins(data: mmap.mmap) -> int:
    """Where the picture itself begins: behind the segments, which may hold a small copy of it with
    an end of its own. 0: nowhere."""
    at = 2
    for _ in range(SEGMENTS_MAX):
        head = data[at : at + 4]
        if len(head) < 4 or head[0] != 0xFF:
            return 0
        if head[1] == 0xFF:  # filling
            at += 1
            continue
        length = int.from_bytes(head[2:], "big")
        if length < 2:
            return 0
        at += 2 + length
        if head[1] == 0xDA:
            return at
    return 0
