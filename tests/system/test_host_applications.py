"""A host application's users sign in with what it gave them, over HTTP and WebSocket alike, and the
examples of the page about it run."""

import ast
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from sqlalchemy import update
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from server.accounts.access import Scope
from server.accounts.hosts.claims import TOKEN_MAX
from server.app import build_site
from server.local.engines import EngineUrls
from server.persistence.users import UserRow
from server.routes.services import STATE
from server.sockets.endpoint import SUBPROTOCOL
from tests.server.accounts.hosts.issuer import (
    AUDIENCE,
    ISSUER,
    RSA,
    SECRET,
    SHARED,
    key_server,
    session,
    token,
)
from tests.server.sockets.scene import PAGE, Talk, serving
from tests.support.turns import Harness, turn_harness

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
COOKIE = "next-auth.session-token"


@dataclass(frozen=True)
class Server:
    harness: Harness
    url: str
    http: httpx2.AsyncClient

    async def me(self, **headers: str) -> httpx2.Response:
        return await self.http.get("/api/auth/me", headers=headers)

    @asynccontextmanager
    async def session(self, *subprotocols: str, **headers: str) -> AsyncIterator[Talk]:
        offered = [Subprotocol(name) for name in (SUBPROTOCOL, *subprotocols)]
        origin = headers.pop("Origin", None)
        async with connect(
            self.url.replace("http", "ws", 1) + "/ws",
            subprotocols=offered,
            additional_headers=headers,
            origin=None if origin is None else Origin(origin),
            compression=None,
        ) as connection:
            yield Talk(connection)


@asynccontextmanager
async def running(urls: EngineUrls, **settings: object) -> AsyncIterator[Server]:
    """The whole application; ``settings`` are environment variables in lower case."""
    trusted: dict[str, Any] = {
        "jwt_issuer": ISSUER,
        "jwt_audience": AUDIENCE,
        "allowed_origins": PAGE,
        **settings,
    }
    async with turn_harness(urls, **trusted) as harness:
        site = build_site(harness.process)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = {STATE: harness.process.services}
            serve = site.sockets["/ws"] if scope["type"] == "websocket" else site.http
            await serve(scope, receive, send)

        async with serving(application) as port:
            url = f"http://127.0.0.1:{port}"
            async with httpx2.AsyncClient(base_url=url) as http:
                yield Server(harness, url, http)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def test_a_token_signs_in_by_keys_that_the_host_publishes(migrated: EngineUrls) -> None:
    async with key_server() as keys, running(migrated, jwt_jwks_url=keys.url) as server:
        me = (await server.me(**bearer(token(sub=42)))).json()["data"]
        assert (me["externalId"], me["name"], me["role"]) == ("42", "Ada", "user")
        async with server.session(**bearer(token())) as talk:
            ready = await talk.next("session.ready")
            assert ready["user"]["id"] == me["id"]
            started = await talk.start("hello", creatorId=42, userId="42")
            assert (await talk.outcome(started["turnId"]))["type"] == "turn.completed"
            refused = await talk.start("hello", creatorId=43)
            assert (refused["code"], refused["path"]) == ("invalid", "$.creatorId")
        refused_me = await server.me(**bearer(token(aud="another")))
        assert refused_me.status_code == 401
        assert "aud" in refused_me.json()["error"]["message"]
        assert keys.asked == 1


async def test_the_longest_token_fits_into_a_handshake(migrated: EngineUrls) -> None:
    short = token(SHARED, "HS256", filler="")
    filler = "x" * ((TOKEN_MAX - len(short)) * 3 // 4 - 2)
    long = token(SHARED, "HS256", filler=filler)
    assert TOKEN_MAX - 5 < len(long) <= TOKEN_MAX
    async with running(migrated, jwt_secret=SECRET) as server:
        assert (await server.me(**bearer(long))).status_code == 200
        async with server.session(**bearer(long)) as talk:
            await talk.next("session.ready")
        async with server.session(f"bearer.{long}") as talk:
            await talk.next("session.ready")


async def test_a_page_is_told_that_its_token_does_not_hold(migrated: EngineUrls) -> None:
    stale = token(SHARED, "HS256", exp=int(time.time()) - 60)
    async with running(migrated, jwt_secret=SECRET) as server:
        async with server.session(f"bearer.{stale}", Origin=PAGE) as talk:
            assert await talk.closed() == 4401
        with pytest.raises(InvalidStatus) as refused:
            async with server.session(**bearer(stale)):
                pass
        assert refused.value.response.status_code == 401


async def test_while_keys_are_not_told_it_is_nobodys_fault(migrated: EngineUrls) -> None:
    async with key_server() as keys, running(migrated, jwt_jwks_url=keys.url) as server:
        keys.status = "500 Internal Server Error"
        answer = await server.me(**bearer(token(RSA)))
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


async def test_the_hosts_own_session_signs_in_on_its_pages(migrated: EngineUrls) -> None:
    async with running(migrated, nextauth_secret=SECRET, jwt_secret=SECRET) as server:
        cookie = {"Cookie": f"theme=dark; {COOKIE}={session()}"}
        by_cookie, by_token = [
            (await server.me(**headers)).json()["data"]
            for headers in (cookie, bearer(token(SHARED, "HS256")))
        ]
        assert by_cookie["id"] == by_token["id"]
        async with server.session(Origin=PAGE, **cookie) as talk:
            assert (await talk.next("session.ready"))["user"]["id"] == by_cookie["id"]
        for origin in ({}, {"Origin": "https://evil.example"}):
            answer = await server.http.post(
                "/api/conversations", json={}, headers={**cookie, **origin}
            )
            assert answer.status_code == 403
        with pytest.raises(InvalidStatus):
            async with server.session(Origin="https://evil.example", **cookie):
                pass
        stale = {"Cookie": f"{COOKIE}={session(exp=1)}"}
        assert (await server.me(**stale)).status_code == 401


async def test_without_settings_neither_is_anything(migrated: EngineUrls) -> None:
    nothing = {"jwt_issuer": "", "jwt_audience": ""}
    async with running(migrated, **nothing) as server:
        for headers in (bearer(token(SHARED, "HS256")), {"Cookie": f"{COOKIE}={session()}"}):
            assert (await server.me(**headers)).status_code == 401


async def run_example(name: str, **environment: str) -> dict[str, Any]:
    with anyio.fail_after(30):
        done = await anyio.run_process(
            [sys.executable, str(EXAMPLES / name)], env={**os.environ, **environment}, check=False
        )
    assert done.returncode == 0, done.stderr.decode()
    shown: dict[str, Any] = ast.literal_eval(done.stdout.decode())
    return shown


async def test_the_examples_sign_the_same_user_in(migrated: EngineUrls) -> None:
    async with running(migrated, jwt_secret=SECRET) as server:
        services = server.harness.process.services
        admin = await server.harness.person()
        async with services.database.transaction() as tx:
            who = UserRow.id == admin.user_id
            await tx.execute(update(UserRow).where(who).values(role="admin"))
            made = await services.accounts.keys.create(
                tx,
                admin.user_id,
                name="host",
                scopes=[Scope.TICKETS],
                expires_at=None,
                issuer=ISSUER,
            )
        signed = await run_example(
            "host_sign_in.py",
            CAUSERIE_URL=server.url,
            JWT_SECRET=SECRET,
            JWT_ISSUER=ISSUER,
            JWT_AUDIENCE=AUDIENCE,
        )
        embedded = await run_example(
            "host_embed.py", CAUSERIE_URL=server.url, CAUSERIE_SERVICE_KEY=made.secret
        )
        assert signed["externalId"] == embedded["externalId"] == "42"
        assert signed["id"] == embedded["id"]
