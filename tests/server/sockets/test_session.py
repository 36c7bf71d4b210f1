"""A session over real sockets and the real engine: answers, turns, attach, cancel, subscribe."""

import asyncio
import json
from typing import Any

import pytest

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.domain.limits import OwnLimits
from server.domain.money import NanoUsd
from server.local.engines import EngineUrls
from server.persistence.entitlements import set_own_limits
from tests.server.sockets.scene import Talk, scene


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["text"] for event in events if event["type"] == "turn.delta")


def is_gapless(events: list[dict[str, Any]], *, after: int = 0) -> bool:
    last = after
    for event in events:
        if event.get("fromSeq", event["seq"]) != last + 1:
            return False
        last = event["seq"]
    return True


async def test_the_greeting_says_what_a_page_needs(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person(credits=5)
        async with here.session(person) as talk:
            assert talk.connection.subprotocol == "causerie.v1"
            assert talk.heard == [talk.ready]
            assert talk.ready["user"]["id"] == str(person.caller.user_id)
            assert talk.ready["balance"] == {"credits": "5", "held": "0", "spendable": "5"}
            assert talk.ready["limits"]["frameBytes"] == 256 * 1024
            assert talk.ready["runningTurns"] == []
            assert len(here.hub) == 1
        assert await here.hub.empty(2)


async def test_the_greeting_tells_the_limits_that_hold(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person(plan="starter")
        own = OwnLimits(quota_usd=NanoUsd(2_500_000_000), running_turns=3)
        async with here.harness.process.services.database.transaction() as tx:
            await set_own_limits(tx, person.caller.user_id, own)
        async with here.session(person) as talk:
            assert talk.ready["quota"]["limitUsd"] == "2.5"
            limits = talk.ready["limits"]
            assert (limits["requestsPerHour"], limits["runningTurns"]) == (50, 3)


async def test_a_turn_streams_gapless_and_ends_with_one_outcome(migrated: EngineUrls) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        started = await talk.start("Show me a table")
        assert started["type"] == "turn.started"
        assert started["seq"] == 1
        outcome = await talk.outcome(started["turnId"])
        events = talk.of_turn(started["turnId"])
        assert outcome["type"] == "turn.completed"
        assert is_gapless(events)
        assert text_of(events)
        assert [e for e in events if "re" in e] == [started]


async def test_many_turns_run_at_once_on_one_session(migrated: EngineUrls) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        for n in range(8):
            await talk.say(
                "turn.start", id=f"t{n}", text=f"number {n}", clientMessageId=str(new_id())
            )
        ended = 0
        while ended < 8:
            event = await talk.until(lambda e: e["type"] == "turn.completed")
            assert is_gapless(talk.of_turn(event["turnId"]))
            ended += 1
        answers = [e["re"] for e in talk.heard if e["type"] == "turn.started"]
        assert sorted(answers) == [f"t{n}" for n in range(8)]


async def test_the_same_client_message_attaches_to_its_first_turn(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        message = str(new_id())
        async with here.session(person) as one, here.session(person) as two:
            first = await one.start("hello", clientMessageId=message)
            again = await two.start("hello", clientMessageId=message)
            assert again["turnId"] == first["turnId"]
            assert again["existing"] is True
            await two.outcome(first["turnId"])
            assert is_gapless(two.of_turn(first["turnId"]))
            # Asked again on a session that follows it, nothing is told twice.
            assert (await one.start("hello", clientMessageId=message))["turnId"] == first["turnId"]
            await one.outcome(first["turnId"])
            told = [e for e in one.of_turn(first["turnId"]) if not e.get("existing")]
            assert is_gapless(told)
            other = await two.start("something else", clientMessageId=message)
            assert (other["type"], other["code"]) == ("error", "idempotency_mismatch")


async def test_a_turn_goes_on_without_its_client_and_is_attached_to_later(
    migrated: EngineUrls,
) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        async with here.session(person) as talk:
            started = await talk.start("Show me a table")
        async with here.session(person) as talk:
            attached = await talk.ask("turn.attach", turnId=started["turnId"], afterSeq=1)
            assert attached["type"] == "turn.attached"
            await talk.outcome(started["turnId"])
            replay = [e for e in talk.of_turn(started["turnId"]) if e["type"] != "turn.attached"]
            assert is_gapless(replay, after=1)


async def test_a_foreign_turn_is_not_found_and_the_error_names_command_and_turn(
    migrated: EngineUrls,
) -> None:
    async with scene(migrated) as here:
        async with here.session(await here.person()) as owner:
            started = await owner.start("mine")
        async with here.session(await here.person()) as stranger:
            for kind in ("turn.attach", "turn.cancel"):
                fields = {"afterSeq": 0} if kind == "turn.attach" else {}
                error = await stranger.ask(kind, turnId=started["turnId"], **fields)
                assert error["code"] == "not_found"
                assert error["turnId"] == started["turnId"]


async def test_cancel_is_answered_before_the_outcome_follows(migrated: EngineUrls) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        started = await talk.start("Show me a long table " * 50)
        answer = await talk.ask("turn.cancel", turnId=started["turnId"])
        assert answer["type"] == "turn.cancelling"
        outcome = await talk.outcome(started["turnId"])
        kinds = [e["type"] for e in talk.heard]
        ending = kinds.index(outcome["type"])
        if answer["state"] in ("admitted", "running"):
            assert kinds.index("turn.cancelling") < ending
        again = await talk.ask("turn.cancel", turnId=started["turnId"])
        assert again["state"] == outcome["type"].removeprefix("turn.")


async def test_an_estimate_admits_nothing(migrated: EngineUrls) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        estimate = await talk.ask("turn.estimate", text="how much?")
        assert estimate["type"] == "turn.estimated"
        assert estimate["affordable"] is True
        assert estimate["inputTokens"] > 0


async def test_subscribers_follow_turns_of_other_sessions_and_hear_nothing_twice(
    migrated: EngineUrls,
) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        async with here.session(person) as one, here.session(person) as two:
            first = await one.start("begin")
            await one.outcome(first["turnId"])
            conversation = first["conversationId"]
            for talk in (one, two):
                answer = await talk.ask("conversation.subscribe", conversationId=conversation)
                assert answer["runningTurns"] == []
            second = await one.start("go on", conversationId=conversation)
            for talk in (one, two):
                await talk.outcome(second["turnId"])
                assert is_gapless(talk.of_turn(second["turnId"]))
            assert "re" not in two.of_turn(second["turnId"])[0]
            await two.ask("conversation.unsubscribe", conversationId=conversation)
            third = await one.start("and on", conversationId=conversation)
            await one.outcome(third["turnId"])
            await two.ask("ping")
            assert two.of_turn(third["turnId"]) == []


async def test_a_foreign_conversation_cannot_be_subscribed_to(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        async with here.session(await here.person()) as owner:
            started = await owner.start("mine")
        async with here.session(await here.person()) as stranger:
            error = await stranger.ask(
                "conversation.subscribe", conversationId=started["conversationId"]
            )
            assert error["code"] == "not_found"


@pytest.mark.parametrize(
    ("frame", "path"),
    [
        ("{", None),
        ('{"type":"turn.fly","id":"x"}', "$.type"),
        ('{"type":"ping","id":"x","extra":1}', "$.extra"),
        (json.dumps({"type": "turn.attach", "id": "x", "turnId": "5", "afterSeq": 0}), "$.turnId"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_session_lives(
    migrated: EngineUrls, frame: str, path: str | None
) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        await talk.connection.send(frame)
        error = await talk.next("error")
        assert (error["code"], error.get("path")) == ("invalid", path)
        assert (await talk.ask("ping"))["type"] == "pong"


async def test_commands_far_above_their_rate_close_with_4429(migrated: EngineUrls) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        for _ in range(70):
            await talk.say("ping")
        assert await talk.closed() == 4429
        refused = [e for e in talk.heard if e["type"] == "error"]
        assert {e["code"] for e in refused} == {"rate_limited"}
        assert all("retryAfter" in e for e in refused)


async def test_who_signs_out_here_is_closed_at_once(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        async with here.session(person) as talk, here.session(await here.person()) as other:
            services = here.harness.process.services
            principal = await services.accounts.authenticator.by_bearer(person.key)
            here.hub.end_credential(principal.credential_id)
            assert await talk.closed() == 4401
            assert (await other.ask("ping"))["type"] == "pong"


async def test_a_key_that_may_only_read_cannot_start(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        reader = await here.person(scopes=[Scope.READ])
        async with here.session(reader) as talk:
            error = await talk.start("hi")
            assert error["code"] == "forbidden"
            assert (await talk.ask("ping"))["type"] == "pong"


async def test_draining_says_so_lets_turns_speak_and_closes_with_1012(
    migrated: EngineUrls,
) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        started = await talk.start("Show me a table")
        here.hub.start_draining(25)
        assert (await talk.next("server.draining"))["graceSeconds"] == 25
        await talk.outcome(started["turnId"])
        await here.hub.close_all()
        assert await talk.closed() == 1012
        assert await here.hub.empty(2)


async def test_an_error_of_ours_names_its_request_and_the_session_lives(
    migrated: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scene(migrated) as here, here.session(await here.person()) as talk:
        monkeypatch.delattr(here.harness.engine, "_planner")
        error = await talk.ask("turn.estimate", text="hi")
        assert error["code"] == "internal"
        assert error["metadata"]["requestId"]
        assert (await talk.ask("ping"))["type"] == "pong"


async def test_what_is_told_to_a_user_reaches_all_their_sessions(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        async with here.session(person) as one, here.session(person) as two:
            started = await one.start("hello")
            async with asyncio.timeout(10):
                for talk in (one, two):
                    await _next_of_user(talk)
            await one.outcome(started["turnId"])


async def _next_of_user(talk: Talk) -> None:
    await talk.next("balance.changed")
