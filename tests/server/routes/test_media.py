"""Uploads over HTTP: easy for curl and browsers, safe to show, nobody else's."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web
from tests.support.pictures import jpeg, png, webp
from tests.support.s3 import BUCKET, s3_server, s3_settings


async def upload(program: httpx2.AsyncClient, content: bytes, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await program.post("/api/media", content=content, headers=named)
    found: dict[str, Any] = data(answer, 201)
    return found


async def test_an_upload_is_described_shown_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program, content = await site.program(), png(20, 10)
        made = await upload(program, content, content_type="image/png", x_filename="cat.png")
        assert {name: made[name] for name in made if name not in {"id", "createdAt"}} == {
            "kind": "image",
            "mediaType": "image/png",
            "bytes": len(content),
            "name": "cat.png",
            "width": 20,
            "height": 10,
        }
        path = f"/api/media/{made['id']}"
        shown = await program.get(path)
        assert (shown.status_code, shown.content) == (200, content)
        headers = shown.headers
        assert headers["content-type"] == "image/png"
        assert headers["content-length"] == str(len(content))
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert headers["cache-control"] == "private, no-cache"
        assert headers["content-disposition"].startswith('inline; filename="cat.png"')
        assert headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
        again = await program.get(path, headers={"if-none-match": f'"x", {headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        head = await program.head(path)
        assert (head.content, head.headers["content-length"]) == (b"", str(len(content)))
        assert data(await program.delete(path)) is None
        error(await program.get(path), 404, "not_found")
        error(await program.delete(path), 404, "not_found")


async def test_a_text_is_given_back_as_nothing_but_text(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        page = b"<script>alert(1)</script>"
        made = await upload(program, page, content_type="text/html", x_filename="x.html")
        assert (made["kind"], made["mediaType"], "width" in made) == ("file", "text/plain", False)
        shown = await program.get(f"/api/media/{made['id']}")
        assert shown.headers["content-type"] == "text/plain; charset=utf-8"
        assert shown.headers["content-disposition"].startswith("attachment;")
        assert shown.content == page


async def test_a_form_with_one_file_is_an_upload_too(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        sent = await program.post("/api/media", files={"file": ("Größe.jpg", jpeg(), "image/jpeg")})
        made = data(sent, 201)
        assert (made["name"], made["mediaType"]) == ("Größe.jpg", "image/jpeg")
        assert (await program.get(f"/api/media/{made['id']}")).content == jpeg()
        two = {"file": ("a.txt", b"a"), "other": ("b.txt", b"b")}
        error(await program.post("/api/media", files=two), 400, "invalid")
        disguised = {"file": ("a.png", b"a", "image/png")}
        error(await program.post("/api/media", files=disguised), 415, "unsupported_media")


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"x-filename": "caf%C3%A9.txt"}, "café.txt"),
        ({"x-filename": "café.txt".encode()}, "café.txt"),
        ({"x-filename": "..%2F..%2Fetc%2Fpasswd%0D%0A"}, "passwd"),
        ({"content-disposition": "attachment; filename*=UTF-8''%E7%8C%AB.txt"}, "猫.txt"),
        ({"content-disposition": 'attachment; filename="a b.txt"'}, "a b.txt"),
        ({"x-filename": "\u202e".encode() + b"\xff"}, "file"),
        ({}, "file"),
    ],
    ids=str,
)
async def test_names_come_by_either_header(
    migrated: EngineUrls, database: Database, headers: dict[str, Any], name: str
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post("/api/media", content=b"x", headers=headers), 201)
        assert made["name"] == name


async def test_what_cannot_be_taken_is_refused_with_its_reason(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, upload_bytes=2_000, body_bytes=300_000) as site:
        program = await site.program()
        for content, declared, status, code in (
            (b"", "image/png", 400, "invalid"),
            (b"MZ\0\0", "", 415, "unsupported_media"),
            (b"text", "image/png", 415, "unsupported_media"),
            (png()[:-4], "image/png", 415, "unsupported_media"),
            (webp(16_000, 16_000), "image/webp", 415, "unsupported_media"),
            (b"x" * 2_001, "text/plain", 413, "too_large"),
            (b"x" * 40_000, "text/plain", 413, "too_large"),
        ):
            sent = await program.post(
                "/api/media", content=content, headers={"content-type": declared}
            )
            error(sent, status, code)
        error(await program.post("/api/media?x=1", content=b"x"), 400, "invalid")


async def test_uploads_are_their_owner_s_and_keys_need_their_scope(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner = await site.harness.person()
        program, stranger = await site.program(owner), await site.program()
        reader = await site.program(owner, scopes=[Scope.READ])
        writer = await site.program(owner, scopes=[Scope.WRITE])
        path = f"/api/media/{(await upload(writer, b'x'))['id']}"
        assert (await reader.get(path)).content == b"x"
        error(await reader.post("/api/media", content=b"x"), 403, "forbidden")
        error(await reader.delete(path), 403, "forbidden")
        error(await writer.get(path), 403, "forbidden")
        for nobody in (path, f"/api/media/{new_id()}"):
            error(await stranger.get(nobody), 404, "not_found")
            error(await stranger.delete(nobody), 404, "not_found")
        error(await site.client.post("/api/media", content=b"x"), 401, "unauthenticated")
        error(await site.client.get(path), 401, "unauthenticated")
        browser = await site.signed_in(owner)
        foreign = {"origin": "https://evil.example"}
        error(await browser.post("/api/media", content=b"x", headers=foreign), 403, "forbidden")
        assert (await program.get(path)).content == b"x"


async def test_a_file_that_the_storage_lost_is_said_to_be_away(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = await upload(program, b"x")
        await site.services.media.storage.remove(made["id"])
        error(await program.get(f"/api/media/{made['id']}"), 503, "unavailable")


async def test_a_bucket_serves_as_well_as_the_folder(
    migrated: EngineUrls, database: Database
) -> None:
    with s3_server() as url:
        settings = {name.lower(): text for name, text in s3_settings(url).items()}
        async with web(migrated, **settings) as site:
            program, content = await site.program(), png(padding=6_000_000)
            path = f"/api/media/{(await upload(program, content))['id']}"
            assert (await program.get(path)).content == content
            assert data(await program.delete(path)) is None
            listed = httpx2.get(f"{url}/{BUCKET}").text
            assert "<Key>" not in listed


@pytest.mark.parametrize("charset", ["undefined", "idna", "utf-8%00"])
async def test_a_name_in_an_odd_charset_is_a_name_all_the_same(
    migrated: EngineUrls, database: Database, charset: str
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        named = f"attachment; filename*={charset}''a.txt"
        made = await upload(program, b"text", content_disposition=named)
        assert made["name"] == "a.txt"


async def test_what_follows_a_form_has_a_limit(migrated: EngineUrls, database: Database) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'--b\r\nContent-Disposition: form-data; filename="a.txt"\r\n\r\ntext\r\n--b--\r\n'
        for taken in range(1_000):  # noqa: B007 - how far it came
            yield b" " * 65_536

    async with web(migrated, UPLOAD_BYTES="65536") as site:
        program = await site.program()
        sent = await program.post(
            "/api/media",
            content=endless(),
            headers={"content-type": "multipart/form-data; boundary=b"},
        )
        error(sent, 413, "too_large")
        assert taken < 900
