"""The bytes of media: files of a folder, or objects of a bucket. What they are, rows know."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from server.domain.errors import ServiceUnavailable
from server.mediasettings import MediaSettings

if TYPE_CHECKING:
    from obstore.store import S3Config

FOLDER = "media"
"""In DATA_DIR, where no bucket is named."""

ANSWER_S = 60.0
"""For the storage to take a file, or to begin giving one."""

TRANSFER = timedelta(minutes=10)
"""For a whole file to somebody on a slow line."""

CONNECT = timedelta(seconds=5)
RETRY = timedelta(seconds=20)

PART_BYTES = 5 * 1024**2
"""The least that S3 takes as a part. Two are in memory at a time, whatever the file's size."""

PARTS_AT_ONCE = 2
CHUNK_BYTES = 256 * 1024


class MediaStorage:
    """Whole files by id. They never change; a file is there whole, or not at all."""

    def __init__(self, store: LocalStore | S3Store, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    async def put(self, media: UUID, file: BinaryIO, *, within_s: float = ANSWER_S) -> None:
        """Keep what ``file`` holds, from its beginning. When this returns, it survives a crash.

        Raises:
            ServiceUnavailable: the storage does not take it.
        """
        with _failures():
            async with asyncio.timeout(within_s):
                file.seek(0)
                await obstore.put_async(
                    self._store,
                    str(media),
                    file,
                    chunk_size=PART_BYTES,
                    max_concurrency=PARTS_AT_ONCE,
                )
                if self._folder is not None:
                    await asyncio.to_thread(_sync, self._folder / str(media))

    async def open(self, media: UUID) -> AsyncIterator[bytes]:
        """The file in pieces. What is wrong at the beginning is raised here, not by the iterator.

        Raises:
            ServiceUnavailable: the storage does not answer, or has lost it.
        """
        return (await self.measure(media))[1]

    async def measure(self, media: UUID) -> tuple[int, AsyncIterator[bytes]]:
        """As ``open``, and first its size in bytes."""
        with _failures():
            async with asyncio.timeout(ANSWER_S):
                found = await obstore.get_async(self._store, str(media))

        async def pieces() -> AsyncIterator[bytes]:
            with _failures():
                async for piece in found.stream(min_chunk_size=CHUNK_BYTES):
                    yield bytes(piece)

        return found.meta["size"], pieces()

    async def read(self, media: UUID) -> bytes:
        """The whole file.

        Raises:
            ServiceUnavailable: as ``open``.
        """
        with _failures():
            async with asyncio.timeout(ANSWER_S):
                found = await obstore.get_async(self._store, str(media))
                return bytes(await found.bytes_async())

    async def remove(self, media: UUID) -> None:
        """Forget a file, and what a crash left of it half written. One that is not there is fine.

        Raises:
            ServiceUnavailable: the storage does not answer.
        """
        with _failures():
            async with asyncio.timeout(ANSWER_S):
                with suppress(FileNotFoundError):
                    await obstore.delete_async(self._store, str(media))
                if self._folder is not None:
                    await asyncio.to_thread(_remove_staged, self._folder, media)


def open_storage(settings: MediaSettings, data_dir: Path) -> MediaStorage:
    """The storage that the settings name; a bucket is first asked for when it is used.

    Raises:
        OSError: the folder cannot be made.
        ValueError: an ``AWS_*`` variable is wrong.
    """
    if settings.media_url is None:
        folder = data_dir.absolute() / FOLDER
        for path in (folder.parent, folder):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return MediaStorage(LocalStore(folder), folder)
    # What is set in a file .env is no variable of this process, where the library would look.
    named = {
        "endpoint": settings.aws_endpoint_url,
        "region": settings.aws_region,
        "access_key_id": settings.aws_access_key_id,
        "secret_access_key": settings.aws_secret_access_key,
        "session_token": settings.aws_session_token,
    }
    config = {name: value for name, value in named.items() if value is not None}
    try:
        store = S3Store.from_url(
            settings.media_url,
            config=cast("S3Config", config),
            client_options={"timeout": TRANSFER, "connect_timeout": CONNECT, "allow_http": True},
            retry_config={"max_retries": 3, "retry_timeout": RETRY},
        )
    except BaseError as error:
        raise ValueError(str(error).partition("\n")[0]) from error
    return MediaStorage(store)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, TimeoutError) as error:
        raise ServiceUnavailable("The storage of files does not answer.", retry_after=5) from error


def _sync(path: Path) -> None:
    """The file and its name in the folder: a row that says it is there must not outlive it."""
    for name in (path, path.parent):
        descriptor = os.open(name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_staged(folder: Path, media: UUID) -> None:
    """The library writes beside, then renames; a process that is killed leaves what it wrote."""
    for path in folder.glob(f"{media}#*"):
        path.unlink(missing_ok=True)
