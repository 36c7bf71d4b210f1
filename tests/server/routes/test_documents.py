"""The interface documents over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from openapi_spec_validator import validate

from server.app import build_site
from server.local.engines import EngineUrls
from server.routes.services import STATE
from tests.server.sockets.scene import serving
from tests.support.turns import turn_harness


@asynccontextmanager
async def client(urls: EngineUrls) -> AsyncIterator[httpx2.AsyncClient]:
    async with turn_harness(urls) as harness:
        site = build_site(harness.process)

        async def application(scope, receive, send):  # type: ignore[no-untyped-def]
            scope["state"] = {STATE: harness.process.services}
            await site.http(scope, receive, send)

        async with (
            serving(application) as port,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as opened,
        ):
            yield opened


async def test_the_documents_are_there_for_everybody(migrated: EngineUrls) -> None:
    async with client(migrated) as http:
        rest = await http.get("/openapi.json")
        assert rest.headers["content-type"] == "application/json"
        assert rest.headers["access-control-allow-origin"] == "*"
        validate(rest.json())
        assert "/openapi.json" in rest.json()["paths"]
        sockets = await http.get("/asyncapi.json")
        assert sockets.json()["asyncapi"] == "3.0.0"
        page = await http.get("/api/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "sha256-" in page.headers["content-security-policy"]
        assert "read_turn" in page.text
