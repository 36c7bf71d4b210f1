"""The HTTP interface as the web process serves it, on real engines, asked in-process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.types import ASGIApp, Receive, Scope, Send

from server.accounts.access import Principal
from server.accounts.access import Scope as KeyScope
from server.app import build_site
from server.domain.ids import UserId
from server.local.engines import EngineUrls
from server.routes.services import STATE, Services
from tests.support.turns import Harness, turn_harness

ORIGIN = "http://127.0.0.1:8000"
"""Our own, as the settings' defaults make it."""

ADDRESS = "203.0.113.9"


@dataclass(frozen=True)
class Web:
    """One site; ``client`` holds no credential. ``sockets``: by path."""

    harness: Harness
    app: ASGIApp
    client: httpx2.AsyncClient
    sockets: dict[str, ASGIApp]

    @property
    def services(self) -> Services:
        return self.harness.process.services

    def browser(self, *, address: str = ADDRESS, **options: Any) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.app, client=(address, 5_000))
        return httpx2.AsyncClient(transport=transport, base_url=ORIGIN, **options)

    async def program(
        self,
        caller: Principal | None = None,
        scopes: list[KeyScope] | None = None,
        **person: Any,
    ) -> httpx2.AsyncClient:
        """A client with a key of ``caller``, or of somebody new."""
        owner = caller or await self.harness.person(**person)
        async with self.services.database.transaction() as tx:
            made = await self.services.accounts.keys.create(
                tx, UserId(owner.user_id), name="test", scopes=scopes, expires_at=None
            )
        return self.browser(headers={"Authorization": f"Bearer {made.secret}"})

    async def signed_in(self, caller: Principal) -> httpx2.AsyncClient:
        """A browser with the cookie of ``caller``, sending the Origin of our own page."""
        accounts = self.services.accounts
        async with self.services.database.transaction() as tx:
            secret = await accounts.cookies.open(tx, UserId(caller.user_id), "test", ADDRESS)
        return self.browser(cookies={accounts.cookies.name: secret}, headers={"Origin": ORIGIN})


@asynccontextmanager
async def web(urls: EngineUrls, **settings: Any) -> AsyncIterator[Web]:
    async with turn_harness(urls, **settings) as harness:
        site = build_site(harness.process)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = {STATE: harness.process.services}
            await site.http(scope, receive, send)

        transport = httpx2.ASGITransport(app, client=(ADDRESS, 5_000))
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield Web(harness, app, client, site.sockets)


def data(response: httpx2.Response, status: int = 200) -> Any:
    """``data`` of an envelope that says success."""
    body = response.json()
    assert response.status_code == status, body
    assert body["success"] is True
    assert set(body) == {"success", "data", "meta"}
    assert set(body["meta"]) == {"timestamp", "requestId", "duration"}
    return body["data"]


def error(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """``error`` of an envelope that says why not."""
    body = response.json()
    assert (response.status_code, body["error"]["code"]) == (status, code), body
    assert body["success"] is False
    assert set(body) == {"success", "error", "meta"}
    assert "Traceback" not in response.text
    found: dict[str, Any] = body["error"]
    return found
