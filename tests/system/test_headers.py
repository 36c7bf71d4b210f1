"""Every kind of answer says what it is not for; what a request claims of itself is not believed."""

import json
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from server.cli import people
from server.domain.ids import new_id
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import MODEL

ELSEWHERE = "https://elsewhere.example.com"

CLAIMS = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "elsewhere.example.com",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;proto=https;host=elsewhere.example.com",
    "Host": "elsewhere.example.com",
}


def check(headers: Any) -> None:
    """What all answers have in common."""
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in headers
    assert "x-powered-by" not in headers


async def test_every_kind_of_answer_has_the_headers(live: LiveServer, stub: OpenAIStub) -> None:
    async with live.http(await live.new_key()) as http:
        made = (await http.post("/api/conversations", json={})).json()["data"]
        text = {"content-type": "text/plain", "x-filename": "page.html"}
        page = b"<script>alert(1)</script>"
        kept = (await http.post("/api/media", content=page, headers=text)).json()["data"]
        said = {"clientMessageId": str(new_id()), "text": "x", "model": MODEL}
        for path, headers, status in (
            ("/", {"accept": "text/html"}, 200),
            ("/nowhere", {"accept": "text/html"}, 404),
            ("/api/conversations", {}, 200),
            ("/api/nothing", {}, 404),
            ("/api/conversations?limit=x", {}, 400),
            ("/api/admin/prices", {}, 403),
            ("/api/credits", {"authorization": "Bearer ck_none"}, 401),
            (f"/api/media/{kept['id']}", {}, 200),
            ("/openapi.json", {}, 200),
            ("/api/docs", {}, 200),
            ("/healthz", {}, 200),
            ("/metrics", {}, 200),
        ):
            answer = await http.get(path, headers=headers)
            assert answer.status_code == status, (path, answer.text)
            check(answer.headers)
        file = await http.get(f"/api/media/{kept['id']}")
        assert file.headers["content-disposition"].startswith("attachment;")
        assert "sandbox" in file.headers["content-security-policy"]
        streamed = await http.post(
            f"/api/conversations/{made['id']}/messages",
            json=said,
            headers={"accept": "text/event-stream"},
        )
        assert streamed.headers["content-type"].startswith("text/event-stream")
        check(streamed.headers)
        for method in ("DELETE", "OPTIONS", "TRACE"):
            check((await http.request(method, "/api/credits")).headers)


async def test_a_refused_upgrade_has_them_too(live: LiveServer) -> None:
    for options in (
        {"origin": Origin(ELSEWHERE)},
        {"additional_headers": {"Authorization": "Bearer ck_none"}},
        {},
    ):
        with pytest.raises(InvalidStatus) as refused:
            await connect(live.ws_url, **options)
        check(refused.value.response.headers)


async def test_what_a_request_claims_of_its_way_here_is_not_believed(live: LiveServer) -> None:
    email, password = f"{new_id()}@example.com", "a password of theirs"
    async with live.database() as (settings, database):
        await people.create(database, settings, people.Person(email=email, password=password))
    body = json.dumps({"email": email, "password": password})
    async with httpx2.AsyncClient(base_url=live.url) as http:
        # A proxy on this machine would make everybody look local.
        assert (await http.get("/metrics", headers=CLAIMS)).status_code == 403
        kind = {"content-type": "application/json"}
        for origin in (ELSEWHERE, "http://elsewhere.example.com"):
            headers = {**CLAIMS, **kind, "Origin": origin}
            answer = await http.post("/api/auth/sign-in", content=body, headers=headers)
            assert answer.status_code == 403
        answer = await http.post("/api/auth/sign-in", content=body, headers={**CLAIMS, **kind})
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        # Nobody but PUBLIC_URL says that browsers come by TLS.
        assert "Secure" not in cookie
        assert "elsewhere" not in str(answer.headers) + answer.text
        assert "strict-transport-security" not in answer.headers
        headers = {**CLAIMS, **kind, "Origin": ELSEWHERE, "Cookie": cookie.partition(";")[0]}
        answer = await http.post("/api/conversations", content="{}", headers=headers)
        assert answer.status_code == 403
        with pytest.raises(InvalidStatus) as refused:
            await connect(
                live.ws_url, origin=Origin(ELSEWHERE), additional_headers={"Cookie": cookie}
            )
        assert refused.value.response.status_code == 403
