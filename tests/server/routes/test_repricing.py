"""A price put right over HTTP: shown first, done once, noted."""

from datetime import timedelta
from typing import Any

import pytest

from billing import repricing
from billing.reconcile import check
from server.domain.clock import utc_now
from server.domain.money import parse_credits, parse_usd
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes import repricing as routes
from tests.server.routes.office import Office, office
from tests.server.routes.site import data, error
from tests.server.routes.test_bookings import balance
from tests.server.routes.test_usage import bill

REPRICE = "/api/admin/prices/reprice"
DEMO = "demo/causerie-demo"


def order(**changes: object) -> dict[str, object]:
    now = utc_now()
    return {
        "model": DEMO,
        "input": "0",
        "output": "0",
        "from": (now - timedelta(hours=1)).isoformat(),
        "to": now.isoformat(),
        "reason": "It was to be free",
        **changes,
    }


async def answered(here: Office, database: Database, turns: int) -> Any:
    user = await here.site.harness.person(credits=10)
    for _ in range(turns):
        await here.site.harness.answer(user, "hello")
    await bill(database)
    return user


async def test_the_sums_are_shown_first_and_then_they_come_true(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        user = await answered(here, database, 2)
        left, heard = await balance(here, user), list[str]()
        here.site.services.engine.feed.follow_user(
            user.user_id,
            lambda event: heard.append(event.balance.credits),  # type: ignore[union-attr]
        )
        wanted = order()
        shown = data(await here.browser.post(REPRICE, json={**wanted, "preview": True}))
        assert shown["calls"] == shown["changed"] >= 2
        assert parse_usd(shown["costDifferenceUsd"]) == -parse_usd(shown["creditsUsd"]) < 0
        assert await balance(here, user) == left
        done = data(await here.browser.post(REPRICE, json=wanted))
        assert done == {**shown, "preview": False}
        assert (done["finished"], done["nextCursor"]) == (True, None)
        assert parse_credits(left) + parse_credits(done["credits"]) == parse_credits("10")
        assert await balance(here, user) == "10"
        assert heard == ["10"]
        again = data(await here.browser.post(REPRICE, json=wanted))
        assert (again["changed"], again["credits"], again["costDifferenceUsd"]) == (0, "0", "0")
        first, second = await here.noted(action="price.reprice")
        assert first["after"] == second["after"]
        assert first["targetId"] == DEMO
        assert {"input": "0", "reason": "It was to be free"}.items() <= first["after"].items()
        assert await check(database) == []


async def test_a_long_one_is_done_in_several_requests(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repricing, "BATCH", 1)
    monkeypatch.setattr(routes, "PATIENCE_S", 0.0)
    async with office(migrated) as here:
        await answered(here, database, 3)
        wanted, changed = order(), 0
        step: Any = {"nextCursor": None, "finished": False}
        while not step["finished"]:
            place = {"cursor": step["nextCursor"]} if step["nextCursor"] else {}
            step = data(await here.browser.post(REPRICE, json=wanted, params=place))
            assert step["calls"] <= 1
            assert step["finished"] is (step["nextCursor"] is None)
            changed += step["changed"]
        assert changed >= 3
        shown = data(await here.browser.post(REPRICE, json={**wanted, "preview": True}))
        assert (shown["calls"], shown["changed"]) == (changed, 0)


async def test_what_cannot_be_meant_is_refused(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        for path, changes in (
            ("$.input", {"input": "-1"}),
            ("$.model", {"model": "nothing"}),
            ("$.to", {"to": "2999-01-01T00:00:00Z"}),
            ("$.to", {"to": "2020-01-01T00:00:00Z"}),
        ):
            refused = await here.browser.post(REPRICE, json=order(**changes))
            assert error(refused, 400, "invalid")["path"] == path
        strange = await here.browser.post(f"{REPRICE}?cursor=x", json=order())
        assert error(strange, 400, "invalid")["path"] == "$query.cursor"
        program = await here.site.program()
        error(await program.post(REPRICE, json=order()), 403, "forbidden")
