"""A zip file in pieces is the same as one in one, and rows speak as the interfaces do."""

import io
import json
import zipfile

import pytest

from server.workers.zips import BLOCK_BYTES, Archive, pretty


async def test_pieces_of_any_size_are_one_entry_each() -> None:
    file, long = io.BytesIO(), "long " * BLOCK_BYTES
    async with Archive(file) as archive:
        async with archive.entry("a.txt") as entry:
            await entry.write("first, ")
            await entry.write(long)
            await entry.write(b"last")
        async with archive.entry("b.png", packed=True) as entry:
            await entry.write(b"x" * 100)
        async with archive.entry("empty.txt"):
            pass
        await archive.json("c.json", {"some_name": 1})
    made = zipfile.ZipFile(file)
    assert made.testzip() is None
    assert made.namelist() == ["a.txt", "b.png", "empty.txt", "c.json"]
    assert made.read("a.txt").decode() == f"first, {long}last"
    assert made.getinfo("a.txt").compress_size < len(long) / 100
    assert made.getinfo("b.png").compress_size == 100
    assert made.read("empty.txt") == b""
    assert json.loads(made.read("c.json")) == {"someName": 1}


async def break_off(file: io.BytesIO) -> None:
    async with Archive(file) as archive:
        async with archive.entry("a.txt") as entry:
            await entry.write("half")
        raise LookupError


async def test_what_was_broken_off_is_no_archive() -> None:
    file = io.BytesIO()
    with pytest.raises(LookupError):
        await break_off(file)
    assert not zipfile.is_zipfile(file)


def test_columns_become_names_and_what_users_wrote_stays() -> None:
    rows = [{"created_at": "now", "content": {"a_b": [{"c_d": 1}]}, "own_parts": {"e_f": None}}]
    told = json.loads(pretty(rows))
    assert told == [
        {"createdAt": "now", "content": {"a_b": [{"c_d": 1}]}, "ownParts": {"eF": None}}
    ]
