"""Secrets are planted everywhere one can be, everything is made to fail, and none comes out again.

Each secret is a word of its own, so that whatever holds it says which way it came.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from server.cli import people
from server.domain.ids import UserId, new_id
from server.local.engines import EngineUrls
from server.persistence.redis import open_redis
from tests.support.client import open_socket, session
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer
from tests.system.canaries import Search, keyspace, plant_platform, rows
from tests.system.conftest import MODEL

DATABASE = database_name("canaries")

OF_THE_SERVER = {
    "SECRET_KEY": "canary-secret-key-of-32-characters-1",
    "SECRET_KEY_PREVIOUS": "canary-former-key-of-32-characters-2",
    "OPENAI_API_KEY": "canary-provider-key-3",
    "ANTHROPIC_API_KEY": "canary-other-provider-key-4",
    "METRICS_TOKEN": "canary-metrics-token-5",
    "JWT_SECRET": "canary-shared-jwt-secret-of-32-bytes-6",
    "JWT_ISSUER": "https://host.example.com",
    "JWT_AUDIENCE": "causerie",
    "AUTH_SECRET": "canary-secret-of-auth-js-32-bytes-7",
    "AWS_SECRET_ACCESS_KEY": "canary-bucket-secret-8",
    "MAIL_URL": "smtp://causerie:canary-mail-password-9@127.0.0.1:1",
}
PUBLIC = {"JWT_ISSUER", "JWT_AUDIENCE"}

PASSWORD, WRONG_PASSWORD = "canary-password-20", "canary-wrong-password-21"
STRANGERS_KEY = "ck_canary-strangers-key-22-xxxxxxxxxxxxxxxxx"
STRANGERS_JWT = "eyJjYW5hcnkiOjIzfQ.eyJjYW5hcnkiOjIzfQ.Y2FuYXJ5LTIz"
STRANGERS_COOKIE = "canary-strangers-cookie-24"
BASIC = "Y2FuYXJ5OmNhbmFyeS0yNQ"
IN_QUERY, IN_PATH, IN_BODY = "canary-query-26", "canary-path-27", "canary-body-28"
WORDS = "canary-words-of-somebody-29"
"""What people write is kept, where it belongs; it is in no log and no refusal."""

IN_HOOK = "canary-in-a-webhooks-url-31"
HOOK = {"url": f"http://127.0.0.1:1/?token={IN_HOOK}", "events": ["plan.changed"]}
"""Nobody is there. Its owner may see it again, nobody else."""

CRASH = "canary-crash-30"
"""A text that the database is made to refuse."""


@asynccontextmanager
async def planted(
    engines: EngineUrls, folder: Path, stub: OpenAIStub
) -> AsyncIterator[tuple[LiveServer, Search]]:
    await drop_database(engines, DATABASE)
    url = await create_database(engines, DATABASE)
    async with open_redis(redis_url(engines, 2)) as redis:
        await redis.flushdb()
    server = LiveServer(
        folder,
        DATABASE_URL=url,
        REDIS_URL=redis_url(engines, 2),
        OPENAI_BASE_URL=stub.url,
        OPENAI_MODELS="stub-model=2.5/10",
        REGISTRATION="open",
        LOG_LEVEL="debug",
        LOG_FORMAT="json",
        WEBHOOK_NETWORKS="127.0.0.1",
        **OF_THE_SERVER,
    )
    search = Search({name: value for name, value in OF_THE_SERVER.items() if name not in PUBLIC})
    for name, address in (
        ("DATABASE_URL", url),
        ("REDIS_URL", redis_url(engines, 2)),
        ("MAIL_URL", OF_THE_SERVER["MAIL_URL"]),
    ):
        if password := urlsplit(address).password:  # engines that were named may have none
            search.secrets[name] = password
    await server.start()
    try:
        yield server, search
    finally:
        await server.stop()
        await drop_database(engines, DATABASE)


async def test_no_secret_comes_out(engines: EngineUrls, tmp_path: Path, stub: OpenAIStub) -> None:
    async with planted(engines, tmp_path, stub) as (server, search):
        user, email = await somebody(server)
        await succeed(server, search, user, email)
        async with server.http(await server.key(email)) as http:
            await be_refused(http, search, email)
            await break_down(server, http, search, stub)
        await plant_platform(server, user, search)
        await be_turned_away(server, search)
        assert search.found(search.answers) == {}
        stored = [line async for line in rows(server)]
        redis = open_redis(redis_url(engines, 2))
        stored += [line async for line in keyspace(redis)]
        await redis.aclose()
        # What people write is what the database is for.
        assert search.found(stored, but={"words", "crash", "hook's URL"}) == {}
    told = server.output
    assert search.found([told]) == {}
    # It did go wrong, and was written down.
    wrong = ("request.failed", "turn.failed", "mail.delayed", "session.closed", "webhook.attempted")
    for event in wrong:
        assert f'"{event}"' in told


async def somebody(server: LiveServer) -> tuple[UserId, str]:
    """A user with a password."""
    email = f"{new_id()}@example.com"
    person = people.Person(email=email, password=PASSWORD)
    async with server.database() as (settings, database):
        return await people.create(database, settings, person), email


async def succeed(server: LiveServer, search: Search, user: UserId, email: str) -> None:
    """Every way in, and a turn: what is handed out may be seen by its owner alone."""
    search.secrets |= {"password": PASSWORD, "words": WORDS}
    async with httpx2.AsyncClient(base_url=server.url) as http:
        signed_in = await http.post(
            "/api/auth/sign-in", json={"email": email, "password": PASSWORD}
        )
        assert signed_in.status_code == 200, signed_in.text
        search.answers.append(signed_in.text)
        search.secrets["cookie"] = http.cookies["causerie"]
        http.headers["origin"] = server.url
        key = (await http.post("/api/api-keys", json={"name": "test"})).json()["data"]["key"]
        ticket = (await http.post("/api/ws-tickets")).json()["data"]["ticket"]
        search.secrets |= {"key": key, "ticket": ticket}
        for path, body in (
            ("/api/auth/forgot", {"email": email}),
            ("/api/auth/sign-up", {"email": f"new-{email}", "password": PASSWORD}),
        ):
            mailed = await http.post(path, json=body)
            assert mailed.status_code == 202, mailed.text
            search.answers.append(mailed.text)
        hook = (await http.post("/api/ai/hooks", json=HOOK)).json()["data"]
        search.secrets |= {"hook": hook["secret"], "hook's URL": IN_HOOK}
        for act in ("rotate", "test"):
            assert (await http.post(f"/api/ai/hooks/{hook['id']}/{act}")).is_success
        sent = f"ai/hooks/{hook['id']}/deliveries"
        for path in ("api-keys", "auth/me", "ai/usage", "credits", "notifications", sent):
            search.answers.append((await http.get(f"/api/{path}")).text)
    async with server.database() as (settings, database):
        link = await people.link(database, settings, user)
    search.secrets["link"] = link.rpartition("#")[2]
    subprotocols = [Subprotocol("causerie.v1"), Subprotocol(f"bearer.{ticket}")]
    async with connect(server.ws_url, subprotocols=subprotocols) as socket:
        search.answers.append(str(await socket.recv()))
    async with session(server.ws_url, key) as client:
        _, outcome = await client.say(WORDS, model=MODEL)
        assert outcome["type"] == "turn.completed"
        search.answers += [json.dumps(outcome["receipt"]), json.dumps(client.others)]


async def be_refused(http: httpx2.AsyncClient, search: Search, email: str) -> None:
    """Secrets where they do not belong, and ones that are none."""
    search.secrets |= {
        "wrong password": WRONG_PASSWORD,
        "stranger's key": STRANGERS_KEY,
        "stranger's token": STRANGERS_JWT,
        "stranger's cookie": STRANGERS_COOKIE,
        "basic": BASIC,
        "query": IN_QUERY,
        "path": IN_PATH,
        "body": IN_BODY,
    }
    wrong = {"email": email, "password": WRONG_PASSWORD}
    asked: list[tuple[str, str, Any, Mapping[str, str]]] = [
        ("POST", "/api/auth/sign-in", wrong, {}),
        ("POST", "/api/auth/sign-in", {**wrong, "password": [WRONG_PASSWORD]}, {}),
        ("POST", "/api/auth/sign-in", {**wrong, "passwort": IN_BODY}, {}),
        ("POST", "/api/auth/sign-in", {"link": search.secrets["link"] + "x"}, {}),
        ("POST", "/api/auth/exchange", {"ticket": search.secrets["ticket"]}, {}),
        ("POST", "/api/presets", {"name": {IN_BODY: 1}}, {}),
        ("POST", "/api/presets", f'{{"name": "{IN_BODY}', {}),
        ("GET", f"/api/conversations?api_key={IN_QUERY}", None, {}),
        ("GET", f"/api/conversations?cursor={IN_QUERY}", None, {}),
        ("GET", f"/api/nothing/{IN_PATH}", None, {}),
        ("GET", f"/{IN_PATH}", None, {"accept": "text/html"}),
        ("GET", f"/api/turns/{IN_PATH}", None, {}),
        ("GET", f"/assets/{IN_PATH}", None, {}),
        ("GET", "/api/credits", None, {"authorization": f"Bearer {STRANGERS_KEY}"}),
        ("GET", "/api/credits", None, {"authorization": f"Bearer {STRANGERS_JWT}"}),
        ("GET", "/api/credits", None, {"authorization": f"Basic {BASIC}"}),
        (
            "GET",
            "/api/credits",
            None,
            {"authorization": "", "cookie": f"causerie={STRANGERS_COOKIE}"},
        ),
        ("GET", "/metrics", None, {"authorization": f"Bearer {STRANGERS_KEY}"}),
        ("GET", "/api/admin/prices", None, {}),
    ]
    for method, path, body, headers in asked:
        content = body if isinstance(body, str) else json.dumps(body).encode() if body else None
        answer = await http.request(
            method,
            path,
            content=content,
            headers={"content-type": "application/json", **headers},
        )
        assert answer.status_code >= 400, (path, answer.text)
        search.answers += [answer.text, str(answer.headers)]
    metrics = {"authorization": f"Bearer {OF_THE_SERVER['METRICS_TOKEN']}"}
    search.answers.append((await http.get("/metrics", headers=metrics)).text)
    search.answers.append((await http.get("/healthz/ready")).text)


async def be_turned_away(server: LiveServer, search: Search) -> None:
    """Sockets that are refused, or are sent what they should not be."""
    protocols = [Subprotocol("causerie.v1"), Subprotocol(f"bearer.{STRANGERS_KEY}")]
    async with connect(server.ws_url, subprotocols=protocols, origin=Origin(server.url)) as socket:
        search.answers.append(str(await socket.recv()))
        await socket.wait_closed()
        search.answers.append(str(socket.close_reason))
    for headers in (
        {"Authorization": f"Bearer {STRANGERS_JWT}"},
        {"Cookie": f"causerie={STRANGERS_COOKIE}", "Origin": "https://elsewhere.example.com"},
    ):
        try:
            await (await connect(server.ws_url, additional_headers=headers)).close()
        except InvalidStatus as refused:
            search.answers.append(refused.response.body.decode())
    async with open_socket(server.ws_url, search.secrets["key"]) as socket:
        await socket.recv()
        for frame in (f'{{"type":"ping","id":"{IN_BODY} "}}', f'["{IN_BODY}"]', IN_BODY):
            await socket.send(frame)
            search.answers.append(str(await socket.recv()))


async def break_down(
    server: LiveServer, http: httpx2.AsyncClient, search: Search, stub: OpenAIStub
) -> None:
    """A provider that repeats its key and the question; a database that repeats the row."""
    search.secrets["crash"] = CRASH
    key = OF_THE_SERVER["OPENAI_API_KEY"]
    said = f"Incorrect API key provided: {key}; Authorization: Bearer {key}; {WORDS}"
    error = {"message": said, "type": "invalid_request_error", "code": "invalid_api_key"}
    conversation = await made(http, "/api/conversations", {})
    messages = f"/api/conversations/{conversation}/messages"
    for status in (401, 400, 500):
        stub.plays(Play(status=status, error=error))
        failed = await http.post(messages, json=question(WORDS))
        assert failed.json()["data"]["outcome"]["type"] == "turn.failed", failed.text
        search.answers.append(failed.text)
    await spoil(
        server,
        f"ALTER TABLE messages ADD CHECK (text NOT LIKE '%{CRASH}%')",
        f"ALTER TABLE presets ADD CHECK (instructions NOT LIKE '%{CRASH}%')",
        "ALTER TABLE api_keys ADD CHECK (name <> 'crash')",
    )
    for path, body in (
        (messages, question(CRASH)),
        ("/api/presets", {"name": "crash", "instructions": CRASH}),
        ("/api/api-keys", {"name": "crash"}),
    ):
        answer = await http.post(path, json=body)
        assert answer.status_code == 500, answer.text
        search.answers.append(answer.text)
    await spoil(server, "ALTER TABLE presets RENAME COLUMN instructions TO gone")
    answer = await http.post("/api/presets", json={"name": "x", "instructions": CRASH})
    assert answer.status_code == 500, answer.text
    search.answers.append(answer.text)


def question(words: str) -> dict[str, Any]:
    return {"clientMessageId": str(new_id()), "text": words, "model": MODEL}


async def made(http: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> str:
    answer = await http.post(path, json=body)
    identity: str = answer.json()["data"]["id"]
    return identity


async def spoil(server: LiveServer, *statements: str) -> None:
    async with server.database() as (_, database), database.transaction() as tx:
        for statement in statements:
            await tx.execute(text(statement))
