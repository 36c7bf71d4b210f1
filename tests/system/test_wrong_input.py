"""Whatever comes in over either interface: a clear error, no traceback, and the session lives."""

import json
from typing import Any

import pytest

from server.domain.ids import new_id
from tests.support.client import open_socket, session
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import CANARY

ID = str(new_id())

START = {"type": "turn.start", "id": "x", "clientMessageId": ID}

FRAMES: dict[str, tuple[Any, str, str | None]] = {
    "no JSON": ("{", "invalid", None),
    "no object": ("[]", "invalid", None),
    "an unknown type": ({"type": "turn.fly", "id": "x"}, "invalid", "$.type"),
    "a missing field": ({"type": "turn.cancel", "id": "x"}, "invalid", "$.turnId"),
    "an unknown field": ({**START, "text": "x", "txet": "y"}, "invalid", "$.txet"),
    "an unknown inner field": (
        {**START, "text": "x", "params": {"temprature": 1}},
        "invalid",
        "$.params.temprature",
    ),
    "a wrong type": ({**START, "text": 7}, "invalid", "$.text"),
    "a number out of bounds": (
        {**START, "text": "x", "params": {"temperature": 9}},
        "invalid",
        "$.params.temperature",
    ),
    "nothing to say": (START, "invalid", None),
    "two things to say": ({**START, "text": "x", "regenerateOf": ID}, "invalid", None),
    "an empty text": ({**START, "text": ""}, "invalid", "$.text"),
    "a text too long": ({**START, "text": "x" * 32_001}, "invalid", "$.text"),
    "NUL": ({**START, "text": "a\0b"}, "invalid", "$.text"),
    "a lone surrogate": ('{"type":"ping","id":"\\ud800"}', "invalid", None),
    "NaN": ('{"type":"turn.attach","id":"x","turnId":"","afterSeq":NaN}', "invalid", None),
    "a huge number": ('{"type":"turn.attach","id":"x","afterSeq":1e400}', "invalid", None),
    "a negative number": (
        {"type": "turn.attach", "id": "x", "turnId": ID, "afterSeq": -1},
        "invalid",
        "$.afterSeq",
    ),
    "deep nesting": ('{"type":"ping","id":"x","a":' + "[" * 90 + "]" * 90 + "}", "invalid", None),
    "a strange id": ({"type": "ping", "id": "a b"}, "invalid", "$.id"),
    "a foreign turn": ({"type": "turn.cancel", "id": "x", "turnId": ID}, "not_found", None),
    "a foreign conversation": (
        {**START, "text": "x", "conversationId": ID},
        "not_found",
        "$.conversationId",
    ),
    "an unknown model": ({**START, "text": "x", "model": "no/model"}, "model_unavailable", None),
    "an unknown agent": ({**START, "text": "x", "agent": "nobody"}, "invalid", "$.agent"),
    "somebody else": ({**START, "text": "x", "userId": ID}, "invalid", "$.userId"),
}


async def test_frames_that_are_wrong_are_told_what_is_wrong(live: LiveServer) -> None:
    key = await live.new_key()
    async with open_socket(live.ws_url, key) as socket:
        assert json.loads(await socket.recv())["type"] == "session.ready"
        for name, (frame, code, path) in FRAMES.items():
            await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
            answer = json.loads(await socket.recv())
            assert answer["type"] == "error", name
            assert (name, answer["code"]) == (name, code)
            if path is not None:
                assert (name, answer["path"]) == (name, path)
            if isinstance(frame, dict) and frame["id"] == "x":
                assert (name, answer["re"]) == (name, "x")
        await socket.send(json.dumps({"type": "ping", "id": "still-here"}))
        assert json.loads(await socket.recv()) == {"type": "pong", "re": "still-here"}
    assert "Traceback" not in live.output


BODIES: dict[str, tuple[str, str, Any, int, str | None]] = {
    "no JSON": ("POST", "/api/conversations", b"{", 400, None),
    "no body": ("POST", "/api/api-keys", b"", 400, None),
    "an unknown field": ("POST", "/api/conversations", {"titel": "x"}, 400, "$.titel"),
    "a wrong type": ("POST", "/api/conversations", {"title": 7}, 400, "$.title"),
    "NUL": ("POST", "/api/conversations", {"title": "a\0b"}, 400, "$.title"),
    "a page too long": ("GET", "/api/conversations?limit=9999", None, 400, None),
    "a strange cursor": ("GET", "/api/conversations?cursor=%00%ff", None, 400, None),
    "an unknown parameter": ("GET", "/api/conversations?lmit=9", None, 400, None),
    "a foreign conversation": ("GET", f"/api/conversations/{ID}", None, 404, None),
    "a foreign turn": ("GET", f"/api/turns/{ID}", None, 404, None),
    "no id at all": ("GET", "/api/turns/7", None, 404, None),
    "a wrong method": ("DELETE", "/api/credits", None, 405, None),
    "nowhere": ("GET", "/api/nothing", None, 404, None),
    "deep nesting": ("POST", "/api/presets", b'{"params":' + b"[" * 999 + b"]" * 999, 400, None),
    "too much": ("POST", "/api/presets", b'{"name":"' + b"x" * 5_000_000 + b'"}', 413, None),
}


@pytest.mark.parametrize("name", BODIES)
async def test_requests_that_are_wrong(live: LiveServer, name: str) -> None:
    method, path, body, status, field = BODIES[name]
    async with live.http(await live.new_key()) as http:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        answer = await http.request(method, path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert told["success"] is False
    assert told["error"]["message"]
    assert told["meta"]["requestId"] == answer.headers["x-request-id"]
    if field is not None:
        assert told["error"]["path"] == field
    assert "Traceback" not in live.output


async def test_strangers_get_nothing(live: LiveServer) -> None:
    async with live.http("ck_" + "x" * 43) as http:
        for path in ("/api/conversations", "/api/credits", "/api/ai/usage", f"/api/turns/{ID}"):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")


async def test_no_secret_reaches_a_log(live: LiveServer, stub: OpenAIStub) -> None:
    key = await live.new_key()
    async with session(live.ws_url, key) as client:
        await client.say("hello", model="openai/stub-model")
    assert CANARY not in live.output
    assert key not in live.output
