"""Pictures for tests, written out by hand: as small as they can be, whole and of any size."""

import struct
import zlib


def png(width: int = 2, height: int = 3, *, padding: int = 0) -> bytes:
    """Grey pixels; ``padding`` bytes of a text that nobody reads."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    # A picture of a size that is only claimed has no pixels: nothing here decodes it.
    lines = b"".join(b"\0" + b"\x80" * width for _ in range(height)) if width < 1_000 else b""
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
            chunk(b"tEXt", b"Comment\0" + b"x" * padding) if padding else b"",
            chunk(b"IDAT", zlib.compress(lines)),
            chunk(b"IEND", b""),
        )
    )


def jpeg(width: int = 2, height: int = 3, *, thumbnail: bytes = b"") -> bytes:
    """``thumbnail`` lies in a segment before the picture, as cameras put it."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            segment(0xE1, b"Exif\0\0" + thumbnail) if thumbnail else b"",
            segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"),
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            b"\x12\x34\x56\xff\x00\x78",
            b"\xff\xd9",
        )
    )


def gif(width: int = 2, height: int = 3) -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
        + b"\0\0\0\xff\xff\xff"
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, width, height, 0)
        + b"\x02\x02\x44\x01\x00\x3b"
    )


def webp(width: int = 2, height: int = 3) -> bytes:
    """Lossless; its picture is not one that anybody could show."""
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", bits) + b"\0" * 5
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
