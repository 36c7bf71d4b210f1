"""A turn over HTTP: awaited or streamed, refused by status, found again by its message."""

import json
from typing import Any

import httpx2

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.turns.load import Level
from tests.server.routes.site import data, error, web
from tests.support.blocking import blocked_to


async def conversation_of(program: httpx2.AsyncClient) -> str:
    made = data(await program.post("/api/conversations", json={}), 201)
    return f"/api/conversations/{made['id']}"


def message(text: str = "hello", **fields: Any) -> dict[str, Any]:
    return {"clientMessageId": str(new_id()), "text": text, **fields}


async def test_the_answer_is_awaited_and_stored_word_for_word(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = await conversation_of(program)
        turn = data(await program.post(f"{path}/messages", json=message()))
        assert turn["state"] == "completed"
        assert turn["outcome"]["type"] == "turn.completed"
        assert turn["outcome"]["seq"] == turn["seq"]
        stored = data(await program.get(path))["messages"]
        assert stored[-1]["text"] == turn["text"] != ""
        assert data(await program.get(f"/api/turns/{turn['id']}")) == turn


async def test_a_failed_turn_is_answered_with_200_and_its_outcome(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, provider_attempts=1) as site:
        program = await site.program()
        path = await conversation_of(program)
        turn = data(await program.post(f"{path}/messages", json=message("[demo: fail] please")))
        assert turn["state"] == "failed"
        assert turn["outcome"]["error"]["code"] == "provider_error"
        assert turn["outcome"]["receipt"]["charged"] == "0"


async def test_a_refusal_is_answered_with_its_own_status_and_figures(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program(credits=0)
        path = await conversation_of(program)
        refused = await program.post(f"{path}/messages", json=message())
        figures = error(refused, 402, "insufficient_credits")["metadata"]
        assert figures["spendable"] == "0"
        assert data(await program.get(path))["messages"] == []


async def test_the_same_message_twice_is_one_turn_and_other_content_a_mismatch(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = await conversation_of(program)
        said = message()
        first = data(await program.post(f"{path}/messages", json=said))
        assert data(await program.post(f"{path}/messages", json=said))["id"] == first["id"]
        other = await program.post(f"{path}/messages", json={**said, "text": "else"})
        error(other, 409, "idempotency_mismatch")


async def test_who_accepts_an_event_stream_gets_one_and_can_resume_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = await conversation_of(program)
        streamed = await program.post(
            f"{path}/messages", json=message(), headers={"Accept": "text/event-stream"}
        )
        assert streamed.headers["content-type"].startswith("text/event-stream")
        events = events_of(streamed.text)
        assert [events[0]["type"], events[-1]["type"]] == ["turn.started", "turn.completed"]
        turn = data(await program.get(f"/api/turns/{events[0]['turnId']}"))
        assert "".join(e["text"] for e in events if e["type"] == "turn.delta") == turn["text"]
        resumed = await program.get(
            f"/api/turns/{turn['id']}/events", headers={"Last-Event-ID": str(turn["seq"] - 1)}
        )
        assert events_of(resumed.text) == [events[-1]]


def events_of(text: str) -> list[dict[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        body = json.loads(fields["data"])
        assert (body["type"], str(body["seq"])) == (fields["event"], fields["id"])
        found.append(body)
    return found


async def test_the_body_may_repeat_the_path_and_the_caller_but_not_contradict_them(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        path = await conversation_of(program)
        same = message(
            conversationId=path.rpartition("/")[2],
            userId=str(caller.user_id),
            creatorId=str(caller.user_id),
        )
        assert data(await program.post(f"{path}/messages", json=same))["state"] == "completed"
        for field in ("conversationId", "userId", "creatorId"):
            wrong = await program.post(f"{path}/messages", json=message(**{field: str(new_id())}))
            assert error(wrong, 400, "invalid")["path"] == f"$.{field}"


async def test_bodies_that_are_no_message_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, text_characters=10) as site:
        program = await site.program()
        path = await conversation_of(program)
        some = str(new_id())
        for body, where in (
            ({"clientMessageId": some}, "$.text"),
            ({"clientMessageId": some, "text": "x" * 11}, "$.text"),
            ({"clientMessageId": some, "text": ""}, "$.text"),
            ({"text": "x"}, "$.clientMessageId"),
            ({"clientMessageId": "5", "text": "x"}, "$.clientMessageId"),
            ({"clientMessageId": some, "text": "x", "params": {"topP": 2}}, "$.params.topP"),
            ({"clientMessageId": some, "text": "x", "params": {"top_p": 1}}, "$.params.top_p"),
        ):
            answer = await program.post(f"{path}/messages", json=body)
            assert error(answer, 400, "invalid")["path"] == where


async def test_a_key_without_the_scope_starts_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        path = await conversation_of(await site.program(caller))
        reader = await site.program(caller, [Scope.READ])
        refused = await reader.post(f"{path}/messages", json=message())
        assert error(refused, 403, "forbidden")["metadata"] == {"scope": "turns"}
        assert data(await reader.get(path))["messages"] == []


async def test_too_much_to_do_is_answered_with_503_and_when_to_come_back(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, overload_lag_seconds=0.05) as site:
        program = await site.program()
        path = await conversation_of(program)
        async with blocked_to(Level.OVERLOADED, site.services.engine.guard):
            refused = await program.post(f"{path}/messages", json=message())
            ready = data(await site.client.get("/healthz/ready"))
        told = error(refused, 503, "overloaded")
        assert told["retryable"] is True
        assert int(refused.headers["Retry-After"]) >= told["retryAfter"] >= 1
        assert (ready["ready"], ready["load"]) == (True, "overloaded")
        assert ready["loopLagMs"] >= 50
        turn = data(await program.post(f"{path}/messages", json=message()))
        assert turn["state"] == "completed"
