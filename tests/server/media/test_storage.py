"""The same files in a folder and in a bucket: whole or not there, streamed, removed."""

import io
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import httpx2
import pytest

from server.domain.errors import ServiceUnavailable
from server.domain.ids import new_id
from server.media.storage import FOLDER, PART_BYTES, MediaStorage, open_storage
from server.mediasettings import MediaSettings
from tests.support.s3 import BUCKET, media_settings, s3_server

LARGE = os.urandom(1024) * (2 * PART_BYTES // 1024) + b"the end"
"""In three parts, the last of them small."""


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStorage:
    if request.param == "folder":
        return open_storage(MediaSettings(), tmp_path)
    return open_storage(media_settings(request.getfixturevalue("s3")), tmp_path)


def file_of(data: bytes) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the test's end closes it
    file.write(data)
    return file


@pytest.mark.parametrize("data", [b"x", LARGE], ids=["small", "large"])
async def test_what_was_put_is_read_and_streamed_until_it_is_removed(
    storage: MediaStorage, data: bytes
) -> None:
    media = new_id()
    with file_of(data) as file:
        await storage.put(media, file)
    assert await storage.read(media) == data
    pieces = [piece async for piece in await storage.open(media)]
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) < 1024 * 1024
    await storage.remove(media)
    for lost in (storage.read, storage.open):
        with pytest.raises(ServiceUnavailable):
            await lost(media)
    await storage.remove(media)


async def test_a_file_that_breaks_off_while_it_is_put_is_not_there(storage: MediaStorage) -> None:
    class Broken(io.RawIOBase):
        left = 3

        def readable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise OSError(5, "Input/output error")
            return b"x" * PART_BYTES

    media = new_id()
    with pytest.raises(ServiceUnavailable):
        await storage.put(media, Broken())  # type: ignore[arg-type]
    with pytest.raises(ServiceUnavailable):
        await storage.read(media)


def test_the_folder_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_storage(MediaSettings(), tmp_path / "data")
    finally:
        os.umask(before)
    for folder in (tmp_path / "data", tmp_path / "data" / FOLDER):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_what_a_killed_process_left_half_written_goes_too(tmp_path: Path) -> None:
    storage, media, other = open_storage(MediaSettings(), tmp_path), new_id(), new_id()
    staged = tmp_path / FOLDER / f"{media}#1"
    staged.write_bytes(b"half")
    with file_of(b"whole") as file:
        await storage.put(other, file)
    await storage.remove(media)
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [str(other)]


async def test_objects_lie_under_the_prefix(s3: str, tmp_path: Path) -> None:
    storage, media = open_storage(media_settings(s3), tmp_path), new_id()
    with file_of(b"x") as file:
        await storage.put(media, file)
    listed = httpx2.get(f"{s3}/{BUCKET}").text
    assert f"<Key>some/prefix/{media}</Key>" in listed
    assert not (tmp_path / FOLDER).exists()


async def test_a_storage_that_is_away_is_unavailable_and_says_no_secret(tmp_path: Path) -> None:
    storage = open_storage(media_settings("http://127.0.0.1:9"), tmp_path)
    with pytest.raises(ServiceUnavailable) as refused, file_of(b"x") as file:
        await storage.put(new_id(), file)
    assert "a-secret-of-aws" not in f"{refused.value!r} {refused.value.__cause__!r}"
