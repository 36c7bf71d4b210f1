"""Exports over HTTP: asked for once a day, made, downloaded as often as wished, nobody else's."""

import io
import zipfile
from typing import Any

import httpx2
from sqlalchemy import text

from server.accounts.access import Scope
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web
from tests.support.eventually import eventually


async def ready(program: httpx2.AsyncClient, export: str) -> dict[str, Any]:
    found = dict[str, Any]()

    async def is_ready() -> bool:
        found.update(data(await program.get(f"/api/exports/{export}")))
        return bool(found["state"] == "ready")

    await eventually(is_ready)
    return found


async def test_it_is_asked_for_made_downloaded_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        await site.harness.answer(caller, "x")
        asked = data(await program.post("/api/exports"), 202)
        assert "size" not in asked
        assert asked["state"] in {"waiting", "working"}
        export = await ready(program, asked["id"])
        assert (export["done"], export["total"]) == (2, 2)
        assert data(await program.get("/api/exports"))["items"] == [export]
        for _ in range(2):
            answer = await program.get(f"/api/exports/{asked['id']}/download")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/zip"
            assert int(answer.headers["content-length"]) == len(answer.content) == export["size"]
            assert answer.headers["content-disposition"].startswith(
                'attachment; filename="causerie-export-2'
            )
            assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
        head = await program.head(f"/api/exports/{asked['id']}/download")
        assert (head.content, int(head.headers["content-length"])) == (b"", export["size"])
        refused = error(await program.post("/api/exports"), 429, "rate_limited")
        assert refused["metadata"]["scope"] == "exports"
        assert 86_000 < refused["retryAfter"] <= 86_400
        assert data(await program.delete(f"/api/exports/{asked['id']}")) is None
        error(await program.delete(f"/api/exports/{asked['id']}"), 404, "not_found")
        error(await program.get(f"/api/exports/{asked['id']}/download"), 404, "not_found")
        error(await program.post("/api/exports"), 429, "rate_limited")


async def test_one_that_is_being_made_is_found_and_cannot_be_downloaded_yet(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        first = data(await program.post("/api/exports"), 202)
        await ready(program, first["id"])
        async with database.transaction() as tx:
            await tx.execute(
                text("UPDATE exports SET state = 'working', changed_at = now() + interval '1 h'")
            )
        again = data(await program.post("/api/exports"), 202)
        assert (again["id"], again["state"]) == (first["id"], "working")
        path = f"/api/exports/{first['id']}/download"
        assert error(await program.get(path), 409, "conflict")["metadata"] == {"state": "working"}


async def test_somebody_elses_is_not_there_and_a_narrow_key_may_not_ask(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program, other = await site.program(caller), await site.program()
        made = data(await program.post("/api/exports"), 202)
        await ready(program, made["id"])
        for path in (f"/api/exports/{made['id']}", f"/api/exports/{made['id']}/download"):
            error(await other.get(path), 404, "not_found")
        error(await other.delete(f"/api/exports/{made['id']}"), 404, "not_found")
        assert data(await other.get("/api/exports"))["items"] == []
        narrow = await site.program(caller, [Scope.READ])
        error(await narrow.get(f"/api/exports/{made['id']}/download"), 403, "forbidden")


async def test_an_expired_one_is_gone(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post("/api/exports"), 202)
        await ready(program, made["id"])
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE exports SET expires_at = now()"))
        error(await program.get(f"/api/exports/{made['id']}/download"), 404, "not_found")
