"""Limits of one's own over HTTP: below the plan's, from the next turn on, on open sessions too."""

from typing import Any

import pytest

from server.accounts.access import Scope
from server.domain.errors import RateLimited, TooManyTurns
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import USERS, office
from tests.server.routes.site import data, error, web

LIMITS = "/api/limits"
NONE: dict[str, Any] = {"monthlyUsd": None, "requestsPerHour": None, "runningTurns": None}
OWN: dict[str, Any] = {"monthlyUsd": "2.5", "requestsPerHour": 2, "runningTurns": 1}


async def test_own_limits_hold_and_are_told_until_they_are_lifted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(plan="starter")
        program = await site.program(caller)
        free = data(await program.get(LIMITS))
        assert free["monthlyUsd"] == {"plan": "10", "own": None, "holds": "10"}
        assert free["runningTurns"] == {"plan": 20, "own": None, "holds": 20}
        bound = data(await program.put(LIMITS, json=OWN))
        assert data(await program.get(LIMITS)) == bound
        assert bound["monthlyUsd"] == {"plan": "10", "own": "2.5", "holds": "2.5"}
        assert bound["requestsPerHour"] == {"plan": 50, "own": 2, "holds": 2}
        quota = data(await program.get("/api/ai/quota"))
        assert (quota["limitUsd"], quota["planLimitUsd"], quota["ownLimitUsd"]) == (
            "2.5",
            "10",
            "2.5",
        )
        assert quota["remainingUsd"] == "2.5"
        assert data(await program.put(LIMITS, json=NONE)) == free


async def test_own_counts_refuse_what_the_plan_would_allow(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(plan="starter")
        program = await site.program(caller)
        data(await program.put(LIMITS, json=OWN))
        limited = await site.services.accounts.authenticator.by_bearer(
            program.headers["authorization"].removeprefix("Bearer ")
        )
        slow = await site.harness.say(limited, "[demo: slow] [demo: long 5000] x")
        with pytest.raises(TooManyTurns) as refused:
            await site.harness.say(limited, "x")
        assert refused.value.metadata["limit"] == 1
        await site.harness.engine.cancel(limited, slow.event.turn_id)
        await site.harness.end(slow.cursor)
        await site.harness.answer(limited, "x")
        with pytest.raises(RateLimited) as limit:
            await site.harness.say(limited, "x")
        assert limit.value.metadata["limit"] == 2


@pytest.mark.parametrize(
    ("field", "value", "bound"),
    [("monthlyUsd", "10.01", "10"), ("requestsPerHour", 51, 50), ("runningTurns", 21, 20)],
)
async def test_what_is_above_the_plan_is_refused_with_the_plan_s_figure(
    migrated: EngineUrls, database: Database, field: str, value: Any, bound: Any
) -> None:
    async with web(migrated) as site:
        program = await site.program(plan="starter")
        answer = await program.put(LIMITS, json={**NONE, field: value})
        refused = error(answer, 400, "invalid")
        assert (refused["path"], refused["metadata"]["limit"]) == (f"$.{field}", bound)
        data(await program.put(LIMITS, json={**NONE, field: bound}))


async def test_what_is_no_limit_is_refused(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program(plan="business")
        for field, value in (
            ("monthlyUsd", "0"),
            ("monthlyUsd", "-1"),
            ("monthlyUsd", 5),
            ("monthlyUsd", "1.0000000001"),
            ("monthlyUsd", "5\n"),
            ("monthlyUsd", "\u0665"),  # a digit, elsewhere
            ("requestsPerHour", 0),
            ("runningTurns", 0),
        ):
            answer = await program.put(LIMITS, json={**NONE, field: value})
            assert error(answer, 400, "invalid")["path"] == f"$.{field}", (field, value)
        # Nobody lifts a limit by forgetting it.
        assert error(await program.put(LIMITS, json={}), 400, "invalid")["path"] == "$.monthlyUsd"


async def test_a_lower_plan_counts_before_an_own_limit_that_is_above_it_now(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person(plan="pro")
        program, place = await here.site.program(caller), f"{USERS}/{caller.user_id}"
        data(await program.put(LIMITS, json={**NONE, "monthlyUsd": "30"}))
        data(await here.browser.patch(place, json={"plan": "starter"}))
        seen = data(await program.get(LIMITS))
        assert seen["monthlyUsd"] == {"plan": "10", "own": "30", "holds": "10"}
        assert data(await here.browser.get(place))["month"]["limitUsd"] == "10"
        data(await here.browser.patch(place, json={"plan": "business"}))
        assert data(await program.get(LIMITS))["monthlyUsd"] == {
            "plan": None,
            "own": "30",
            "holds": "30",
        }


async def test_a_key_with_scopes_reads_limits_and_sets_none(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program(scopes=[Scope.READ, Scope.TURNS])
        data(await program.get(LIMITS))
        error(await program.put(LIMITS, json=NONE), 403, "forbidden")
