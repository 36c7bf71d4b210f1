"""One's own calls over HTTP: as on the receipts, and nobody else's."""

import csv
import io
from datetime import timedelta
from typing import Any

from server.domain.ids import UserId
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.billing.support import NOON, make_user, usage_event
from tests.server.routes.site import data, error, web
from tests.server.routes.test_costs import write

CALLS = "/api/ai/usage/calls"
DAY = {"from": NOON.isoformat(), "to": (NOON + timedelta(days=1)).isoformat()}


async def test_a_call_is_listed_as_it_stands_on_its_receipt(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        outcome = await site.harness.answer(caller, "hello")
        (item,) = data(await program.get(CALLS))["items"]
        receipt = outcome["receipt"]["calls"][0]
        shared = set(item) & set(receipt)
        assert {"callId", "model", "inputTokens", "costUsd", "charged", "outcome"} <= shared
        assert {name: item[name] for name in shared} == {name: receipt[name] for name in shared}
        turn = {"turnId": outcome["turnId"]}
        assert data(await program.get(CALLS, params=turn))["items"] == [item]


async def test_calls_come_page_by_page_and_as_a_table_to_whom_they_are_of(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program, stranger = await site.program(caller), await site.program()
        other, _ = await make_user(database)
        events = [
            usage_event(UserId(caller.user_id), at=NOON + timedelta(minutes=n), agent=f"=custom{n}")
            for n in range(3)
        ]
        await write(database, [*events[:2], usage_event(other)], events[2:])
        params: dict[str, Any] = {**DAY, "limit": 2}
        first = data(await program.get(CALLS, params=params))
        second = data(await program.get(CALLS, params=params | {"cursor": first["nextCursor"]}))
        found = [item["callId"] for item in (*first["items"], *second["items"])]
        assert found == [str(event.call_id) for event in events[::-1]]
        assert second["nextCursor"] is None
        for path, headers in ((f"{CALLS}.csv", {}), (CALLS, {"Accept": "text/csv"})):
            answer = await program.get(path, params=params, headers=headers)
            head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
            assert head[:3] == ["at (UTC)", "callId", "turnId"]
            assert [row[1] for row in rows] == found[::-1]
            assert [row[head.index("agent")] for row in rows] == [f"'=custom{n}" for n in range(3)]
            assert {row[head.index("images")] for row in rows} == {""}
        assert data(await stranger.get(CALLS, params=DAY))["items"] == []
        wrong = await program.get(CALLS, params={"cursor": "bnVsbA"})
        assert error(wrong, 400, "invalid")["path"] == "$query.cursor"
