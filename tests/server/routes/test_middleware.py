"""Around every request: its id, its headers, its line in the log, and no traceback ever."""

import json
import logging
from typing import cast

import pytest
from starlette.types import Receive, Scope, Send

from server.domain.clock import utc_now
from server.domain.errors import Draining, RateLimited
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes.middleware import Requests
from server.telemetry.metrics import Metrics
from tests.server.routes.site import error, web


async def test_a_request_id_is_taken_where_it_is_plain_and_made_where_not(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        given = await site.client.get("/healthz", headers={"X-Request-Id": "abc-1.2:3_4"})
        assert given.headers["x-request-id"] == "abc-1.2:3_4"
        assert given.json()["meta"]["requestId"] == "abc-1.2:3_4"
        for bad in ("a b", "x" * 129, "{}", ""):
            made = await site.client.get("/healthz", headers={"X-Request-Id": bad})
            assert len(made.headers["x-request-id"]) == 36
            assert made.json()["meta"]["requestId"] == made.headers["x-request-id"]


async def test_answers_forbid_sniffing_framing_and_keeping(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        for path in ("/healthz", "/api/auth/me", "/api/nothing"):
            headers = (await site.client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "camera=()" in headers["permissions-policy"]
            assert headers["cache-control"] == "no-store"
            assert "strict-transport-security" not in headers


async def test_behind_tls_browsers_are_told_to_stay_there(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, public_url="https://chat.example.com") as site:
        for path in ("/healthz", "/api/nothing", "/chat"):
            headers = (await site.client.get(path)).headers
            assert headers["strict-transport-security"] == "max-age=31536000"


class Sent:
    """What an application sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def __call__(self, message: object) -> None:
        content = cast("dict[str, object]", message)
        if content["type"] == "http.response.start":
            assert self.status == 0, "an answer begins once"
            self.status = cast("int", content["status"])
            pairs = cast("list[tuple[bytes, bytes]]", content["headers"])
            self.headers = {name.decode(): value.decode() for name, value in pairs}
        else:
            self.body += cast("bytes", content.get("body", b""))


async def ask(failing: Exception, *, after_start: bool = False) -> Sent:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if after_start:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise failing

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    sent = Sent()
    wrapped = Requests(app, clock=utc_now, metrics=Metrics())
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {}}
    await wrapped(scope, receive, sent)
    return sent


async def test_a_fault_of_ours_says_no_more_than_where_to_look(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        sent = await ask(ZeroDivisionError("secret detail"))
    body = json.loads(sent.body)
    assert sent.status == 500
    assert body["error"]["code"] == "internal"
    assert body["error"]["metadata"] == {"requestId": sent.headers["x-request-id"]}
    assert b"secret" not in sent.body
    failed = [record for record in caplog.records if record.getMessage() == "request.failed"]
    assert len(failed) == 1
    assert failed[0].exc_info is not None


async def test_a_fault_after_the_answer_began_adds_nothing_to_it() -> None:
    sent = await ask(ZeroDivisionError(), after_start=True)
    assert (sent.status, sent.body) == (200, b"half")


async def test_limits_are_told_in_headers_too() -> None:
    sent = await ask(
        RateLimited(
            "Too many.",
            retry_after=12.3,
            metadata={
                "limit": 50,
                "remaining": 0,
                "scope": "user",
                "resetsAt": "2020-01-01T00:00Z",
            },
        )
    )
    assert sent.headers["retry-after"] == "13"
    assert sent.headers["ratelimit-policy"] == '"user";q=50'
    assert sent.headers["ratelimit"] == '"user";r=0;t=0'
    assert (await ask(Draining("Later.", retry_after=0.2))).headers["retry-after"] == "1"


async def test_one_line_tells_the_whole_request(
    migrated: EngineUrls, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with web(migrated) as site:
        with caplog.at_level(logging.INFO, "server.routes.middleware"):
            error(await site.client.get("/api/presets"), 401, "unauthenticated")
    lines = [record for record in caplog.records if record.getMessage() == "request.ended"]
    assert len(lines) == 1
    told = vars(lines[0])["fields"]
    assert (told["route"], told["status"], told["code"]) == (
        "/api/presets",
        401,
        "unauthenticated",
    )
