"""What an admin does to a user holds at once for whatever is open, in every process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from server.accounts.cookies import Cookies
from server.cli import people
from server.domain.clock import utc_now
from server.domain.ids import UserId
from tests.support.client import Client, session
from tests.support.eventually import eventually
from tests.support.server import LiveServer

AT_ONCE_S = 2.0
"""Less than any check by time: a session is asked again after 3 s if it commands, 60 s if not."""


async def id_of(live: LiveServer, email: str) -> UserId:
    async with live.database() as (_, database), database.snapshot() as tx:
        return UserId((await people.find(tx, email)).id)


async def closed_with(connection: ClientConnection) -> int | None:
    async with asyncio.timeout(AT_ONCE_S):
        await connection.wait_closed()
    return connection.close_code


def watching(live: LiveServer, key: str) -> connect:
    """A session of the admin feed."""
    return connect(
        f"{live.ws_url}/admin/costs",
        subprotocols=[Subprotocol("causerie.costs.v1")],
        additional_headers={"authorization": f"Bearer {key}"},
    )


@asynccontextmanager
async def by_cookie(live: LiveServer, user: UserId) -> AsyncIterator[Client]:
    """A page of somebody who signed in."""
    async with live.database() as (settings, database), database.transaction() as tx:
        cookies = Cookies(secure=settings.is_secure, clock=utc_now)
        secret = await cookies.open(tx, user, "test", "192.0.2.1")
    async with connect(
        live.ws_url,
        origin=Origin(live.url),
        subprotocols=[Subprotocol("causerie.v1")],
        additional_headers={"cookie": f"{cookies.name}={secret}"},
    ) as socket:
        client = Client(socket)
        reader = asyncio.create_task(client.read())
        await eventually(lambda: client.ready)
        yield client
        await socket.close()
        await reader


async def test_who_loses_the_role_loses_the_admin_feed_in_every_process(
    live: LiveServer, other: LiveServer
) -> None:
    boss, email = await live.new_key(role="admin"), await live.new_user(role="admin")
    user, key = await id_of(live, email), await live.key(email)
    async with (
        watching(live, key) as here,
        watching(other, key) as there,
        session(other.ws_url, key) as chat,
        watching(other, boss) as anybody,
        live.http(boss) as admin,
    ):
        answer = await admin.patch(f"/api/admin/users/{user}", json={"role": "user"})
        assert answer.is_success, answer.text
        assert [await closed_with(feed) for feed in (here, there)] == [4403, 4403]
        assert (await chat.ask("ping"))["type"] == "pong"
        assert anybody.close_code is None


@pytest.mark.parametrize("how", ["over HTTP", "at the command line"])
async def test_who_is_suspended_loses_everything_in_every_process(
    live: LiveServer, other: LiveServer, how: str
) -> None:
    boss, email = await live.new_key(role="admin"), await live.new_user()
    user, key = await id_of(live, email), await live.key(email)
    async with (
        session(live.ws_url, key) as here,
        session(other.ws_url, key) as there,
        by_cookie(other, user) as page,
        session(other.ws_url, boss) as anybody,
        live.http(boss) as admin,
    ):
        if how == "over HTTP":
            answer = await admin.patch(f"/api/admin/users/{user}", json={"suspended": True})
            assert answer.is_success, answer.text
        else:
            await live.json("user", "suspend", email)
        codes = [await closed_with(client.socket) for client in (here, there, page)]
        assert codes == [4403, 4403, 4403]
        assert (await anybody.ask("ping"))["type"] == "pong"


async def test_signing_a_user_out_closes_pages_in_every_process_and_no_program(
    live: LiveServer, other: LiveServer
) -> None:
    boss, email = await live.new_key(role="admin"), await live.new_user()
    user = await id_of(live, email)
    async with (
        by_cookie(live, user) as here,
        by_cookie(other, user) as there,
        session(other.ws_url, await live.key(email)) as program,
        live.http(boss) as admin,
    ):
        assert (await admin.post(f"/api/admin/users/{user}/sign-out")).is_success
        assert [await closed_with(page.socket) for page in (here, there)] == [4401, 4401]
        assert (await program.ask("ping"))["type"] == "pong"
