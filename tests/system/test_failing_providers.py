"""Whatever a provider does to a turn, it costs nothing, is told in words and stops nobody else."""

import time

import pytest

from tests.support.client import session
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer
from tests.system.conftest import MODEL

DELIVERY_S = 2.0
"""Far above the 250 ms of P8, which are measured and not asserted: this machine may be busy."""

WAYS = {
    "answers 500": (Play(status=500), "provider_error", False),
    "answers 429": (Play(status=429, retry_after="1"), "provider_rate_limited", False),
    "answers 401": (Play(status=401), "provider_error", False),
    "sends garbage": (Play(tokens=9, garbage=3), "provider_protocol", True),
    "is reset": (Play(tokens=9, cut=3, how="rst"), "provider_error", True),
    "is cut": (Play(tokens=9, cut=3, how="fin"), "provider_error", True),
    "ends without its marker": (Play(tokens=9, cut=3, how="clean"), "provider_protocol", True),
    "is no event stream": (
        Play(body=b"<html>hello</html>", content_type="text/html"),
        "provider_protocol",
        False,
    ),
    "never answers": (Play(mute=True), "provider_timeout", False),
    "falls silent": (Play(tokens=9, silent=3), "provider_timeout", True),
    "fails mid-stream": (Play(tokens=9, error_event=3), "provider_error", True),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_turn_whose_provider(live: LiveServer, stub: OpenAIStub, way: str) -> None:
    play, code, partial = WAYS[way]
    key = await live.new_key()
    async with session(live.ws_url, key) as client:
        healthy = await client.begin("[stub: tokens=100 gap=0.02] go on", model=MODEL)
        await client.hear_text(healthy)
        stub.plays(play)
        turn, outcome = await client.say("x", model=MODEL)
        assert (outcome["type"], outcome["error"]["code"]) == ("turn.failed", code)
        assert outcome["error"]["message"]
        assert "canary" not in str(outcome)
        assert outcome["partial"] is partial is bool(turn.text)
        assert outcome["receipt"]["charged"] == "0"
        assert outcome["receipt"]["released"] == outcome["receipt"]["held"]
        assert turn.flaws == []
        assert (await client.finish(healthy))["type"] == "turn.completed"
        assert healthy.text


async def test_cancelling_closes_the_provider_s_connection_before_it_is_told(
    live: LiveServer, stub: OpenAIStub
) -> None:
    key = await live.new_key()
    async with session(live.ws_url, key) as client:
        turn = await client.begin("[stub: tokens=2000 gap=0.01] go on", model=MODEL)
        await client.hear_text(turn, 20)
        asked = time.monotonic()
        answer = await client.ask("turn.cancel", turnId=turn.turn_id)
        outcome = await client.finish(turn)
        (exchange,) = stub.exchanges
        closed = await exchange.client_left()
        assert closed - asked < DELIVERY_S
        assert answer["type"] == "turn.cancelling"
        assert outcome["type"] == "turn.cancelled"
        (call,) = outcome["receipt"]["calls"]
        assert 0 < call["outputTokens"] <= exchange.tokens_sent + 5
        assert outcome["receipt"]["charged"] == call["charged"]


async def test_a_long_silence_of_the_client_changes_nothing(
    live: LiveServer, stub: OpenAIStub
) -> None:
    """A turn goes on when its client has gone, and whoever attaches later misses nothing."""
    key = await live.new_key()
    async with session(live.ws_url, key) as first:
        turn = await first.begin("[stub: tokens=150 gap=0.01] go on", model=MODEL)
        await first.hear_text(turn, 20)
    async with session(live.ws_url, key) as second:
        running = [entry["turnId"] for entry in second.ready["runningTurns"]]
        assert running == [turn.turn_id]
        again = second.turn(turn.turn_id)
        again.seq, again.text = turn.seq, turn.text
        answer = await second.ask("turn.attach", turnId=turn.turn_id, afterSeq=turn.seq)
        assert answer["type"] == "turn.attached"
        outcome = await second.finish(again)
        (exchange,) = await eventually(lambda: stub.exchanges)
        assert (again.flaws, again.repeats, again.text) == ([], 0, exchange.text)
        assert outcome["type"] == "turn.completed"
