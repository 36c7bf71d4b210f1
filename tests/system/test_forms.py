"""Answers in JSON, and with tools, over a real session: what is told, kept and charged."""

import json
from decimal import Decimal
from typing import Any

from tests.support.client import Followed, session
from tests.support.eventually import eventually
from tests.support.server import LiveServer

DEMO = "demo/causerie-demo"
ADVICE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 100},
        "price": {"type": "integer", "minimum": 3, "maximum": 9},
        "more": {"type": "array", "items": {"$ref": "#/$defs/hint"}, "minItems": 2},
    },
    "required": ["text", "price", "more"],
    "additionalProperties": False,
    "$defs": {"hint": {"type": "object", "properties": {"why": {"type": "string"}}}},
}


def wants(schema: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"responseFormat": {"type": "json_schema", "schema": schema, **fields}}


async def books_agree(live: LiveServer, turn: Followed, calls: int) -> None:
    """The receipt's calls are all billed, at the receipt's price."""
    assert turn.outcome is not None
    receipt = turn.outcome["receipt"]
    assert len(receipt["calls"]) == calls

    async def billed() -> bool:
        rows = await live.rows(
            "SELECT count(*), coalesce(sum(charged), 0) FROM usage_logs"
            f" WHERE turn_id = '{turn.turn_id}'"
        )
        return tuple(rows[0]) == (calls, Decimal(receipt["charged"]) * 1_000_000)

    await eventually(billed)


async def test_an_answer_in_json_is_told_checked_and_kept(live: LiveServer) -> None:
    key = await live.key(await live.new_user())
    async with session(live.ws_url, key) as client, live.http(key) as http:
        turn, outcome = await client.say(
            "Apples and pears", model=DEMO, params=wants(ADVICE, partial=True)
        )
        assert outcome["type"] == "turn.completed", outcome
        assert (outcome["finishReason"], turn.flaws) == ("stop", [])
        assert json.loads(turn.text) == outcome["result"]
        assert set(outcome["result"]) == {"text", "price", "more"}
        partials = [told["value"] for told in turn.told if told["type"] == "turn.partial"]
        assert partials
        assert all(set(partial) <= {"text", "price", "more"} for partial in partials)
        await books_agree(live, turn, 1)
        stored = (await http.get(f"/api/turns/{turn.turn_id}")).json()["data"]
        assert stored["outcome"]["result"] == outcome["result"]
        assert stored["text"] == turn.text
        again = await client.ask("turn.attach", turnId=turn.turn_id, afterSeq=0)
        assert again["type"] == "turn.attached"


async def test_a_wrong_answer_is_corrected_once_and_the_receipt_has_both(
    live: LiveServer,
) -> None:
    key = await live.key(await live.new_user())
    async with session(live.ws_url, key) as client:
        question = "Apples [demo: fast] [demo: wrong]"
        turn, outcome = await client.say(question, model=DEMO, params=wants(ADVICE))
        assert "Apples" in outcome["result"]["text"]
        await books_agree(live, turn, 2)
        question = "Apples [demo: fast] [demo: wrong 2]"
        turn, outcome = await client.say(question, model=DEMO, params=wants(ADVICE))
        assert outcome["type"] == "turn.failed"
        assert (outcome["error"]["code"], outcome["partial"]) == ("schema_mismatch", False)
        assert outcome["receipt"]["charged"] == "0"
        assert len(outcome["receipt"]["calls"]) == 2


async def test_a_tool_is_asked_told_and_answered_from(live: LiveServer) -> None:
    key = await live.key(await live.new_user())
    async with session(live.ws_url, key) as client:
        await client.say("The vase is Meissen [demo: fast]", model=DEMO)
        turn, outcome = await client.say(
            "vase [demo: fast] [demo: tool search_conversations] [demo: tool current_time]",
            model=DEMO,
        )
        assert (outcome["finishReason"], turn.flaws) == ("stop", [])
        assert "result" not in outcome
        told = [event["detail"] for event in turn.told if event.get("kind") == "tool"]
        states = [(detail["name"], detail["state"]) for detail in told]
        assert states == [
            ("search_conversations", "called"),
            ("current_time", "called"),
            ("search_conversations", "answered"),
            ("current_time", "answered"),
        ]
        assert all(detail["ok"] for detail in told[2:])
        assert '"weekday"' in turn.text
        await books_agree(live, turn, 2)


async def test_without_tools_none_is_asked(live: LiveServer) -> None:
    key = await live.key(await live.new_user())
    async with session(live.ws_url, key) as client:
        question = "When? [demo: fast] [demo: tool current_time]"
        turn, _ = await client.say(question, model=DEMO, params={"tools": []})
        assert turn.told == []
        await books_agree(live, turn, 1)


async def test_what_cannot_be_asked_for_is_refused_with_its_path(live: LiveServer) -> None:
    key = await live.key(await live.new_user())
    async with session(live.ws_url, key) as client:
        for params, path in (
            (wants({"type": "text"}), "$.params.responseFormat.schema.type"),
            (wants({"$ref": "https://example.com/a"}), "$.params.responseFormat.schema.$ref"),
            (wants({"const": "x" * 40_000}), "$.params.responseFormat.schema"),
            ({"tools": ["current_time", "fly"]}, "$.params.tools[1]"),
        ):
            refused = await client.start("x", model=DEMO, params=params)
            assert (refused["type"], refused["code"]) == ("error", "invalid")
            assert refused["path"] == path
        no_tools = await client.start(
            "x", model="openai/stub-model", params={"tools": ["current_time"]}
        )
        assert (no_tools["code"], no_tools["path"]) == ("unsupported", "$.params.tools")


async def test_a_draft_that_is_cancelled_is_charged_and_has_no_value(live: LiveServer) -> None:
    key = await live.key(await live.new_user())
    async with session(live.ws_url, key) as client:
        question = "Apples and pears [demo: slow]"
        turn = await client.begin(question, model=DEMO, params=wants(ADVICE, partial=True))

        async def is_growing() -> bool:
            return bool(turn.told)

        await eventually(is_growing)
        answer = await client.ask("turn.cancel", turnId=turn.turn_id)
        assert answer["type"] == "turn.cancelling"
        outcome = await client.finish(turn)
        assert outcome["type"] == "turn.cancelled"
        assert (turn.text, turn.flaws) == ("", [])
        (call,) = outcome["receipt"]["calls"]
        assert (call["usageSource"], call["outcome"]) == ("estimated", "cancelled")
        assert call["outputTokens"] > 0
        await books_agree(live, turn, 1)
