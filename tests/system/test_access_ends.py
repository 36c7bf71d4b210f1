"""Who loses access loses their sessions at once; turns that run go on, for they are paid for."""

import asyncio

import httpx2
from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

from tests.support.client import Client, session
from tests.support.eventually import eventually
from tests.support.server import LiveServer

AT_ONCE_S = 2.0
"""Less than any check by time: a session is asked again after 3 s if it commands, 60 s if not."""

DEMO = "demo/causerie-demo"


async def closed_at_once(client: Client) -> int | None:
    async with asyncio.timeout(AT_ONCE_S):
        await client.socket.wait_closed()
    return client.socket.close_code


async def test_a_revoked_key_closes_its_sessions_and_no_others(live: LiveServer) -> None:
    email = await live.new_user()
    key, another = await live.key(email), await live.key(email)
    async with (
        session(live.ws_url, key) as first,
        session(live.ws_url, key) as second,
        session(live.ws_url, another) as other,
        live.http(another) as http,
    ):
        turn = await first.begin("[demo: long 40] Go on", model=DEMO)
        await first.hear_text(turn)
        keys = (await http.get("/api/api-keys")).json()["data"]["items"]
        revoked = next(shown["id"] for shown in keys if key.startswith(shown["prefix"]))
        assert (await http.delete(f"/api/api-keys/{revoked}")).is_success
        assert [await closed_at_once(client) for client in (first, second)] == [4401, 4401]
        assert (await other.ask("ping"))["type"] == "pong"
        again = await other.ask("turn.attach", turnId=turn.turn_id, afterSeq=0)
        assert again["type"] == "turn.attached"
        outcome = await other.finish(other.turn(turn.turn_id))
        assert outcome["type"] == "turn.completed"


async def test_signing_out_closes_what_the_cookie_had_opened(live: LiveServer) -> None:
    email = await live.new_user()
    link = (await live.json("user", "link", "--email", email))["url"]
    origin = {"origin": live.url}
    async with httpx2.AsyncClient(base_url=live.url, headers=origin, timeout=30) as page:
        signed = await page.post("/api/auth/sign-in", json={"link": link.partition("#")[2]})
        assert signed.is_success, signed.text
        cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        ticket = (await page.post("/api/ws-tickets")).json()["data"]["ticket"]
        async with (
            connect(
                live.ws_url,
                origin=Origin(live.url),
                subprotocols=[Subprotocol("causerie.v1")],
                additional_headers={"cookie": cookie},
            ) as by_cookie,
            connect(
                live.ws_url,
                subprotocols=[Subprotocol("causerie.v1"), Subprotocol(f"bearer.{ticket}")],
            ) as by_ticket,
            session(live.ws_url, await live.key(email)) as by_key,
        ):
            clients = [Client(by_cookie), Client(by_ticket)]
            readers = [asyncio.create_task(client.read()) for client in clients]
            await eventually(lambda: all(client.ready for client in clients))
            assert (await page.post("/api/auth/sign-out")).is_success
            assert [await closed_at_once(client) for client in clients] == [4401, 4401]
            await asyncio.wait(readers)
            assert (await by_key.ask("ping"))["type"] == "pong"


async def test_a_page_that_embeds_us_works_until_the_service_key_behind_it_is_revoked(
    live: LiveServer,
) -> None:
    admin = await live.new_key(role="admin")
    async with live.http(admin) as http:
        body = {"name": "host", "scopes": ["tickets:write"], "issuer": "https://host.example"}
        made = (await http.post("/api/api-keys", json=body)).json()["data"]
        async with live.http(made["key"]) as host:
            asked = await host.post("/api/ws-tickets", json={"externalId": 42, "name": "Ada"})
        ticket = asked.json()["data"]["ticket"]
        exchanged = await http.post("/api/auth/exchange", json={"ticket": ticket})
        token = exchanged.json()["data"]["token"]
        async with live.http(token) as page, session(live.ws_url, token) as client:
            turn = await client.begin("[demo: long 40] Hello", model=DEMO)
            outcome = await client.finish(turn)
            assert outcome["type"] == "turn.completed"
            assert (await page.get(f"/api/turns/{turn.turn_id}")).is_success
            assert (await http.delete(f"/api/api-keys/{made['id']}")).is_success
            assert await closed_at_once(client) == 4401
            assert (await page.get("/api/auth/me")).status_code == 401
