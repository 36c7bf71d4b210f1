"""Uploads over real connections: what goes in goes to the provider, and what breaks off is gone."""

import asyncio
import base64
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from server.domain.ids import new_id
from tests.support.client import session
from tests.support.eventually import eventually
from tests.support.pictures import png
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import MODEL, SEEING_MODEL

NOTES = "Grüße aus dem Süden\n" * 10
LIMIT = 25 * 1024**2


def curl(live: LiveServer, key: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Status and body of a `POST /api/media`."""
    done = subprocess.run(
        [
            *("curl", "-sS", "-w", "\n%{http_code}"),
            *("-H", f"authorization: Bearer {key}"),
            *arguments,
            f"{live.url}/api/media",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def uploaded(live: LiveServer, key: str, *arguments: str) -> str:
    status, body = curl(live, key, *arguments)
    assert status == 201, body
    return str(body["data"]["id"])


def kept(live: LiveServer) -> list[str]:
    return sorted(path.name for path in (live.folder / "data" / "media").iterdir())


async def rows(live: LiveServer) -> list[str]:
    return sorted(str(row[0]) for row in await live.rows("SELECT id FROM media"))


def said_upstream(stub: OpenAIStub) -> list[dict[str, Any]]:
    """What users said in the last request that reached the provider."""
    messages = stub.exchanges[-1].body["messages"]
    return [message for message in messages if message["role"] == "user"]


async def test_a_picture_and_a_file_reach_the_provider_byte_for_byte(
    live: LiveServer, stub: OpenAIStub, tmp_path: Path
) -> None:
    picture = png(40, 30, padding=100_000)
    (tmp_path / "cat.png").write_bytes(picture)
    (tmp_path / "notes.md").write_text(NOTES)
    key = await live.new_key()
    cat = await asyncio.to_thread(uploaded, live, key, "-F", f"file=@{tmp_path}/cat.png")
    notes = await asyncio.to_thread(
        uploaded, live, key, "--data-binary", f"@{tmp_path}/notes.md", "-H", "x-filename: notes.md"
    )
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image", "mediaId": cat},
        {"type": "file", "mediaId": notes},
    ]
    async with session(live.ws_url, key) as client, live.http(key) as http:
        asked = {"clientMessageId": str(new_id()), "parts": parts, "model": SEEING_MODEL}
        estimate = await client.ask("turn.estimate", parts=parts, model=SEEING_MODEL)
        started = await client.ask("turn.start", **asked)
        assert started["type"] == "turn.started", started
        outcome = await client.finish(client.turn(started["turnId"]))
        assert outcome["type"] == "turn.completed", outcome
        (message,) = said_upstream(stub)
        text, seen = message["content"]
        fenced = f"What is this?\n\nFile: notes.md\n```\n{NOTES.rstrip()}\n```"
        assert text == {"type": "text", "text": fenced}
        data = seen["image_url"]["url"].removeprefix("data:image/png;base64,")
        assert base64.b64decode(data) == picture
        assert estimate["inputTokens"] > 255  # one tile and what OpenAI adds to it

        again = await client.ask("turn.start", **asked)
        assert again["existing"] is True
        other = await client.ask("turn.start", **{**asked, "parts": parts[:2]})
        assert other["code"] == "idempotency_mismatch"

        # The dialogue goes on with a model that sees nothing.
        place = started["conversationId"]
        _, outcome = await client.say("And now?", conversationId=place, model=MODEL)
        assert outcome["type"] == "turn.completed", outcome
        first = said_upstream(stub)[0]["content"]
        assert first == f"What is this?\n\n[image: cat.png]\n\n{fenced.partition(chr(10) * 2)[2]}"

        shown = (await http.get(f"/api/conversations/{place}")).json()["data"]
        assert (shown["title"], shown["messages"][0]["text"]) == ("What is this?", "What is this?")
        assert shown["messages"][0]["parts"] == [
            {"type": "text", "text": "What is this?"},
            {
                "type": "image",
                "mediaId": cat,
                "name": "cat.png",
                "mediaType": "image/png",
                "bytes": len(picture),
                "width": 40,
                "height": 30,
            },
            {
                "type": "file",
                "mediaId": notes,
                "name": "notes.md",
                "mediaType": "text/plain",
                "bytes": len(NOTES.encode()),
            },
        ]

        # A picture alone says enough.
        alone = {**asked, "clientMessageId": str(new_id()), "parts": [parts[1]]}
        started = await client.ask("turn.start", **alone)
        outcome = await client.finish(client.turn(started["turnId"]))
        assert outcome["type"] == "turn.completed", outcome
        shown = (await http.get(f"/api/conversations/{started['conversationId']}")).json()["data"]
        assert (shown["title"], shown["messages"][0]["text"]) == ("cat.png", "")


async def test_parts_that_cannot_be_sent_are_refused_and_cost_nothing(
    live: LiveServer, stub: OpenAIStub, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    key, stranger = await live.new_key(), await live.new_key()
    cat = await asyncio.to_thread(uploaded, live, key, "-F", f"file=@{tmp_path}/cat.png")
    async with session(live.ws_url, key) as mine, session(live.ws_url, stranger) as theirs:
        for client, kind, media, model, code, path in (
            (theirs, "image", cat, SEEING_MODEL, "not_found", "$.parts[1].mediaId"),
            (mine, "image", str(new_id()), SEEING_MODEL, "not_found", "$.parts[1].mediaId"),
            (mine, "file", cat, SEEING_MODEL, "invalid", "$.parts[1].mediaId"),
            (mine, "image", cat, MODEL, "unsupported", "$.parts[1].type"),
            (mine, "audio", cat, SEEING_MODEL, "unsupported", "$.parts[1].type"),
        ):
            refused = await client.ask(
                "turn.start",
                clientMessageId=str(new_id()),
                parts=[{"type": "text", "text": "x"}, {"type": kind, "mediaId": media}],
                model=model,
            )
            assert (refused["code"], refused["path"]) == (code, path)
    assert stub.exchanges == []


async def test_a_picture_that_is_gone_when_the_turn_runs_fails_it_without_charge(
    live: LiveServer, stub: OpenAIStub, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    key = await live.new_key()
    cat = await asyncio.to_thread(uploaded, live, key, "-F", f"file=@{tmp_path}/cat.png")
    (live.folder / "data" / "media" / cat).unlink()
    async with session(live.ws_url, key) as client:
        started = await client.ask(
            "turn.start",
            clientMessageId=str(new_id()),
            parts=[{"type": "image", "mediaId": cat}],
            model=SEEING_MODEL,
        )
        outcome = await client.finish(client.turn(started["turnId"]))
        assert (outcome["type"], outcome["error"]["code"]) == ("turn.failed", "unavailable")
        assert outcome["receipt"]["charged"] == "0"
        assert outcome["balance"]["held"] == "0"
    assert stub.exchanges == []


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "in chunks"])
async def test_an_upload_that_is_too_large_is_refused_and_leaves_nothing(
    live: LiveServer, tmp_path: Path, chunked: bool
) -> None:
    key, before = await live.new_key(), (kept(live), await rows(live))
    with (tmp_path / "large.txt").open("wb") as file:
        file.write(b"x" * (LIMIT + 100_000))
    arguments = ["--data-binary", f"@{tmp_path}/large.txt"]
    if chunked:
        arguments += ["-H", "transfer-encoding: chunked"]
    status, body = await asyncio.to_thread(curl, live, key, *arguments)
    assert (status, body["error"]["code"]) == (413, "too_large")
    assert (kept(live), await rows(live)) == before
    with (tmp_path / "large.txt").open("r+b") as file:
        file.truncate(LIMIT)
    media = await asyncio.to_thread(uploaded, live, key, *arguments)
    assert media in kept(live)


async def test_an_upload_that_breaks_off_leaves_nothing(live: LiveServer) -> None:
    key, before = await live.new_key(), (kept(live), await rows(live))
    where = urlsplit(live.url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        b"POST /api/media HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n"
        b"Authorization: Bearer %b\r\nX-Request-Id: broken-off\r\n\r\n" % key.encode()
    )
    writer.write(b"x" * 3_000_000)
    await writer.drain()
    writer.transport.abort()
    await eventually(lambda: "broken-off" in live.output)
    assert (kept(live), await rows(live)) == before
    assert "Traceback" not in live.output
