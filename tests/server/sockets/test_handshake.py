"""Who is let in, who is refused, and in which of the two ways they are told."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from server.accounts.access import Scope
from server.accounts.origins import Origins
from server.domain.errors import AppError, Forbidden, Invalid, Unauthenticated
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.sockets.endpoint import SUBPROTOCOL
from server.sockets.handshake import Credentials, Offer, judge, read_offer
from tests.server.sockets.scene import PAGE, Person, Scene, Talk, scene
from tests.support import hostapp
from tests.support.eventually import eventually

ORIGINS = Origins("http://own.example", [PAGE])


def verdict(**offered: Any) -> Credentials | type[AppError]:
    fields: dict[str, Any] = {
        "origins": (),
        "subprotocols": (SUBPROTOCOL,),
        "authorization": (),
        "cookies": (),
        "address": "192.0.2.1",
        **offered,
    }
    try:
        return judge(
            Offer(**fields), subprotocol=SUBPROTOCOL, origins=ORIGINS, cookie_name="causerie"
        )
    except AppError as error:
        return type(error)


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ({}, Unauthenticated),
        ({"cookies": ("causerie=secret",)}, Unauthenticated),
        ({"origins": (PAGE,)}, Credentials(via="cookie", secret=None)),
        (
            {"origins": (PAGE,), "cookies": ("a=b; causerie=secret; c",)},
            Credentials(via="cookie", secret="secret"),
        ),
        (
            {"origins": ("http://own.example",), "cookies": ("xcauserie=no", "causerie=yes")},
            Credentials(via="cookie", secret="yes"),
        ),
        (
            {"origins": (PAGE,), "cookies": ("causerie=wide; causerie=near",)},
            Credentials(via="cookie", secret="near"),
        ),
        ({"origins": ("http://evil.example",), "cookies": ("causerie=secret",)}, Forbidden),
        ({"origins": ("http://evil.example",), "authorization": ("Bearer k",)}, Forbidden),
        ({"origins": (f"{PAGE}.evil.example",)}, Forbidden),
        ({"origins": ("null",)}, Forbidden),
        ({"origins": ("",)}, Forbidden),
        ({"origins": (PAGE, PAGE)}, Forbidden),
        ({"authorization": ("Bearer ck_1",)}, Credentials(via="authorization", secret="ck_1")),
        ({"authorization": ("bearer  ck_1 ",)}, Credentials(via="authorization", secret="ck_1")),
        ({"authorization": ("Basic abc",)}, Credentials(via="authorization", secret=None)),
        (
            {"authorization": ("Bearer a", "Bearer b")},
            Credentials(via="authorization", secret=None),
        ),
        (
            {"subprotocols": (SUBPROTOCOL, "bearer.ct_1")},
            Credentials(via="subprotocol", secret="ct_1"),
        ),
        (
            {"subprotocols": ("bearer.ct_1", SUBPROTOCOL), "origins": (PAGE,)},
            Credentials(via="subprotocol", secret="ct_1"),
        ),
        ({"subprotocols": ("bearer.ct_1",)}, Invalid),
        ({"subprotocols": ("causerie.v2",), "authorization": ("Bearer k",)}, Invalid),
        (
            {"subprotocols": (), "authorization": ("Bearer k",)},
            Credentials(via="authorization", secret="k"),
        ),
    ],
)
def test_what_is_offered_decides_what_is_asked(offered: dict[str, Any], expected: Any) -> None:
    assert verdict(**offered) == expected


def test_an_address_is_the_peers_and_ipv6_counts_by_its_network() -> None:
    def address(client: Any) -> str:
        return read_offer({"headers": [], "client": client}).address

    assert address(("192.0.2.7", 5000)) == "192.0.2.7"
    assert address(("2001:db8::1", 1)) == address(("2001:db8::2", 2))
    assert address(None) == address(("", 0))


async def refused(here: Scene, **options: Any) -> tuple[int, dict[str, Any]]:
    """Status and error of an upgrade that is refused by HTTP."""
    options.setdefault("subprotocols", [Subprotocol(SUBPROTOCOL)])
    with pytest.raises(InvalidStatus) as caught:
        async with connect(here.url, compression=None, **options):
            pass
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"null")


async def turned_away(here: Scene, **options: Any) -> tuple[int | None, dict[str, Any]]:
    """Close code and last event of a session that is accepted only to be told."""
    options.setdefault("subprotocols", [Subprotocol(SUBPROTOCOL)])
    async with connect(here.url, compression=None, **options) as connection:
        talk = Talk(connection)
        assert connection.subprotocol == SUBPROTOCOL
        return await talk.closed(), talk.heard[-1]


async def test_programs_are_refused_by_http_in_the_envelope(
    migrated: EngineUrls, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(migrated) as here:
        for options, status, code in (
            ({}, 401, "unauthenticated"),
            ({"additional_headers": {"Authorization": "Bearer ck_no"}}, 401, "unauthenticated"),
            ({"additional_headers": {"Authorization": "Basic x"}}, 401, "unauthenticated"),
            ({"origin": Origin("http://evil.example")}, 403, "forbidden"),
            ({"subprotocols": [Subprotocol("causerie.v2")]}, 400, "invalid"),
        ):
            found, body = await refused(here, **options)
            assert (found, body["success"], body["error"]["code"]) == (status, False, code)
            assert set(body["meta"]) == {"timestamp", "requestId", "duration"}
    # What strangers do is nothing that somebody should look at.
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_pages_are_accepted_and_told_by_4401(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        for options in (
            {"origin": Origin(PAGE)},
            {"origin": Origin(PAGE), "additional_headers": {"Cookie": "causerie=stale"}},
            {"subprotocols": [Subprotocol(SUBPROTOCOL), Subprotocol("bearer.ct_unknown")]},
            {"subprotocols": [Subprotocol(SUBPROTOCOL), Subprotocol("bearer.ck_unknown")]},
        ):
            code, event = await turned_away(here, **options)
            assert (code, event["code"]) == (4401, "unauthenticated")


async def test_every_credential_opens_a_session(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        services = here.harness.process.services
        async with services.database.transaction() as tx:
            cookie = await services.accounts.cookies.open(tx, person.caller.user_id, "test", "")
        by_subprotocol = [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{person.key}")]
        for options in (
            {},
            {"subprotocols": by_subprotocol, "additional_headers": {}},
            {"origin": Origin(PAGE), "additional_headers": {"Cookie": f"causerie={cookie}"}},
        ):
            async with here.session(person, **options) as talk:
                assert talk.connection.subprotocol == SUBPROTOCOL
                assert talk.ready["user"]["id"] == str(person.caller.user_id)


async def test_who_offers_no_subprotocol_gets_the_first_version(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        headers = {"Authorization": f"Bearer {person.key}"}
        async with connect(here.url, additional_headers=headers) as connection:
            assert connection.subprotocol is None
            await Talk(connection).next("session.ready")


async def test_a_ticket_opens_one_session(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        ticket = await ticket_of(here, person)
        options: dict[str, Any] = {
            "subprotocols": [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{ticket}")]
        }
        async with here.session(person, additional_headers={}, **options):
            pass
        code, _ = await turned_away(here, **options)
        assert code == 4401


async def test_a_bearer_opens_sessions_as_often_as_wanted(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        services = here.harness.process.services
        async with services.database.transaction() as tx:
            made = await services.accounts.tickets.exchange(tx, await ticket_of(here, person))
        token = made.bearer.secret
        protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{token}")]
        for options in (
            {"subprotocols": protocols, "additional_headers": {}},
            {"additional_headers": {"Authorization": f"Bearer {token}"}},
        ):
            async with here.session(person, **options) as talk:
                assert talk.ready["user"]["id"] == str(person.caller.user_id)


async def test_what_a_host_application_gives_its_users_opens_sessions(
    migrated: EngineUrls, database: Database
) -> None:
    async with scene(migrated, **hostapp.SETTINGS) as here:
        token, person = hostapp.token(), await here.person()
        protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{token}")]
        cookies = f"theme=dark; {hostapp.COOKIE}={hostapp.cookie()}"
        ways = (
            {"additional_headers": {"Authorization": f"Bearer {token}"}},
            {"subprotocols": protocols, "additional_headers": {}},
            {"origin": Origin(PAGE), "additional_headers": {"Cookie": cookies}},
            {"origin": Origin(PAGE), "additional_headers": {"Cookie": f"causerie=x; {cookies}"}},
        )
        seen = set()
        for options in ways:
            async with here.session(person, **options) as talk:
                seen.add(talk.ready["user"]["id"])
        assert len(seen) == 1
        assert str(person.caller.user_id) not in seen
        evil = {"origin": Origin("http://evil.example"), "additional_headers": {"Cookie": cookies}}
        for options, status in ((evil, 403), ({"additional_headers": {"Cookie": cookies}}, 401)):
            assert (await refused(here, **options))[0] == status
        page = {"origin": Origin(PAGE)}
        for stale in ({"Cookie": f"{hostapp.COOKIE}=x"}, {"Cookie": "theme=dark"}):
            assert (await turned_away(here, **page, additional_headers=stale))[0] == 4401


async def test_a_key_that_may_neither_run_nor_read_turns_is_told_4403(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person(scopes=[Scope.TICKETS])
        options = {"subprotocols": [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{person.key}")]}
        code, event = await turned_away(here, **options)
        assert (code, event["code"]) == (4403, "forbidden")


async def test_a_client_that_leaves_during_the_handshake_leaves_nothing(
    migrated: EngineUrls, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(migrated) as here:
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", here.port)
            writer.write(
                b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Authorization: Bearer ck_none\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            writer.transport.abort()
        async with here.session(await here.person()) as talk:
            assert (await talk.ask("ping"))["type"] == "pong"
            assert len(here.hub) == 1
    assert [record for record in caplog.records if record.exc_info] == []


async def test_an_address_has_so_many_handshakes_under_way(migrated: EngineUrls) -> None:
    async with scene(migrated, sessions_per_address="2") as here:
        person = await here.person()
        database = here.harness.process.services.database

        async def open_and_close() -> None:
            async with here.session(person):
                pass

        async with database.transaction() as tx:
            await tx.execute(text("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE"))
            waiting = [asyncio.create_task(open_and_close()) for _ in range(2)]
            blocked = text("SELECT count(*) = 2 FROM pg_locks WHERE NOT granted")
            await eventually(lambda: tx.scalar(blocked))
            headers = {"Authorization": f"Bearer {person.key}"}
            with pytest.raises(InvalidStatus) as refused:
                await connect(here.url, additional_headers=headers)
            assert refused.value.response.status_code == 429
            assert refused.value.response.headers["Retry-After"]
        await asyncio.gather(*waiting)


async def ticket_of(here: Scene, person: Person) -> str:
    services = here.harness.process.services
    caller = await services.accounts.authenticator.by_bearer(person.key)
    async with services.database.transaction() as tx:
        issued = await services.accounts.tickets.issue(tx, caller)
    return issued.secret
