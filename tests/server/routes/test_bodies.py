"""Bodies: bounded before they are parsed, and nothing but JSON."""

from collections.abc import AsyncIterator

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import error, web

PATH = "/api/conversations"


async def test_a_body_above_the_limit_is_refused_whether_announced_or_not(
    migrated: EngineUrls, database: Database
) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(10_000):
            taken += 1
            yield b" " * 65_536

    async with web(migrated) as site:
        program = await site.program()
        announced = await program.post(PATH, content=b" " * (4 * 1024**2 + 1))
        assert error(announced, 413, "too_large")["metadata"]["limit"] == 4 * 1024**2
        error(await program.post(PATH, content=endless()), 413, "too_large")
        assert taken < 70
        # Python takes it for a digit, and for no number.
        odd = {b"Content-Length": b"\xb2", b"Content-Type": b"application/json"}
        assert (await program.post(PATH, content=b"{}", headers=odd)).status_code == 201
        within = b'{"title": "x"}' + b" " * (4 * 1024**2 - 14)
        assert (await program.post(PATH, content=within)).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"title": NaN}',
        b'{"title": 1e400}',
        b'{"title": "\\ud800"}',
        b'{"title": "\\u0000"}',
        b'{"title": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"title": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 100_000,
        b'{"title": "a", "title": 5}',
    ],
)
async def test_whatever_is_no_valid_body_is_refused_and_never_a_traceback(
    migrated: EngineUrls, database: Database, body: bytes
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        error(await program.post(PATH, content=body), 400, "invalid")


async def test_other_kinds_of_bodies_are_not_read(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = await program.post(PATH, content=b"{}", headers={"Content-Type": kind})
            error(answer, 415, "unsupported_media")
        zipped = await program.post(PATH, content=b"{}", headers={"Content-Encoding": "gzip"})
        error(zipped, 415, "unsupported_media")
