"""Too much to do: sessions live on, their new turns are refused, and so are new sessions."""

import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.sockets.endpoint import SUBPROTOCOL
from server.turns.load import Level
from tests.server.sockets.scene import scene
from tests.support.blocking import blocked_to


async def test_a_session_is_told_and_lives_and_no_new_one_is_opened(
    migrated: EngineUrls, database: Database
) -> None:
    async with scene(migrated, overload_lag_seconds=0.05) as here:
        person = await here.person()
        async with here.session(person) as talk:
            running = await talk.start("[demo: slow] [demo: long 16] x")
            async with blocked_to(Level.OVERLOADED, here.harness.engine.guard):
                error = await talk.start("x")
                assert (error["type"], error["code"]) == ("error", "overloaded")
                assert error["retryable"] is True
                assert error["retryAfter"] >= 1
                assert error["metadata"]["scope"] == "process"
                with pytest.raises(InvalidStatus) as caught:
                    await connect(
                        here.url,
                        additional_headers={"Authorization": f"Bearer {person.key}"},
                        subprotocols=[Subprotocol(SUBPROTOCOL)],
                    )
            answer = caught.value.response
            told = json.loads(answer.body or b"null")["error"]
            assert (answer.status_code, told["code"]) == (503, "overloaded")
            assert int(answer.headers["Retry-After"]) >= told["retryAfter"] >= 1
            outcome = await talk.outcome(running["turnId"])
            assert outcome["type"] == "turn.completed"
            assert [event["seq"] for event in talk.of_turn(running["turnId"])][-1] == outcome["seq"]
            admitted = await talk.start("x")
            assert (await talk.outcome(admitted["turnId"]))["type"] == "turn.completed"
        async with here.session(person):
            pass
