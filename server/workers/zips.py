"""A zip file written piece by piece, in threads, and rows as JSON in the interfaces' words."""

import asyncio
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import IO, BinaryIO, Self

import msgspec

BLOCK_BYTES = 256 * 1024
"""Compressed at once, in a thread: some milliseconds."""


class Archive:
    """A zip file that is being written to ``file``, one entry at a time, in threads."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)

    @asynccontextmanager
    async def entry(self, name: str, *, packed: bool = False) -> AsyncIterator["Entry"]:
        """``packed``: it is small already."""
        info = zipfile.ZipInfo(name, time.gmtime()[:6])
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        entry = Entry(self._zip, info)
        yield entry
        await _thread(entry.close)

    async def json(self, name: str, value: object) -> None:
        async with self.entry(name) as entry:
            await entry.write(pretty(value))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is None:
            await _thread(self._zip.close)
        else:
            self._zip.fp = None  # it would write its end into a file that is closed by then


class Entry:
    def __init__(self, into: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._zip = into
        self._info = info
        self._waiting = bytearray()
        self._open: IO[bytes] | None = None

    async def write(self, data: str | bytes) -> None:
        self._waiting += data.encode() if isinstance(data, str) else data
        if len(self._waiting) >= BLOCK_BYTES:
            await _thread(self._flush)

    def _flush(self) -> None:
        if self._open is None:
            self._open = self._zip.open(self._info, "w", force_zip64=True)
        self._open.write(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """What waits, and the end."""
        self._flush()
        if self._open is not None:
            self._open.close()


async def _thread(work: Callable[[], None]) -> None:
    """Off the loop; also a cancelled caller waits for it, so that nobody closes the file under
    it."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


def pretty(value: object) -> str:
    return msgspec.json.format(encode(value), indent=2) + "\n"


def encode(value: object) -> str:
    """Rows on one line; ``pretty``, to be read."""
    return msgspec.json.encode(_camelled(value)).decode()


def _camelled(value: object) -> object:
    """Columns by the names that the interfaces have for them; what users wrote stays."""
    if isinstance(value, list):
        return [_camelled(one) for one in value]
    if isinstance(value, dict):
        return {
            camel(name): one if name in _WRITTEN else _camelled(one) for name, one in value.items()
        }
    return value


_WRITTEN = frozenset({"content", "data", "input", "output", "params", "parts", "receipt"})
"""Stored in the shape that the interfaces show."""


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
