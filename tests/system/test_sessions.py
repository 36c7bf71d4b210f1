"""Signing out elsewhere reaches what is open elsewhere, and nothing here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

from tests.support.client import Client
from tests.support.eventually import eventually
from tests.support.server import LiveServer

AT_ONCE_S = 2.0
"""Less than any check by time."""


@asynccontextmanager
async def signed_in(
    live: LiveServer, email: str
) -> AsyncIterator[tuple[httpx2.AsyncClient, Client]]:
    """A browser with a page and a WebSocket session of its own."""
    link = (await live.json("user", "link", "--email", email))["url"]
    headers = {"origin": live.url}
    async with httpx2.AsyncClient(base_url=live.url, headers=headers, timeout=30) as page:
        signed = await page.post("/api/auth/sign-in", json={"link": link.partition("#")[2]})
        assert signed.is_success, signed.text
        cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        async with connect(
            live.ws_url,
            origin=Origin(live.url),
            subprotocols=[Subprotocol("causerie.v1")],
            additional_headers={"cookie": cookie},
        ) as socket:
            client = Client(socket)
            reader = asyncio.create_task(client.read())
            await eventually(lambda: client.ready)
            yield page, client
        await reader


async def test_signing_out_everywhere_else_closes_the_others_sessions(live: LiveServer) -> None:
    email = await live.new_user()
    async with signed_in(live, email) as (page, mine), signed_in(live, email) as (other, theirs):
        assert (await page.delete("/api/auth/sessions")).is_success
        async with asyncio.timeout(AT_ONCE_S):
            await theirs.socket.wait_closed()
        assert theirs.socket.close_code == 4401
        assert (await other.get("/api/auth/me")).status_code == 401
        assert (await mine.ask("ping"))["type"] == "pong"
        assert (await page.get("/api/auth/me")).is_success
