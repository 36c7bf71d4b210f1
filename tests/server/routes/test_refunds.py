"""Refunds over HTTP: to whoever paid, told to the user, noted."""

from decimal import Decimal

from billing.reconcile import check
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import office
from tests.server.routes.site import data, error
from tests.server.routes.test_bookings import balance, told
from tests.server.routes.test_usage import bill
from tests.support.teams import team

REASON = {"reason": "The answer was wrong", "key": "ticket 9"}


def path(turn: object) -> str:
    return f"/api/admin/turns/{turn}/refund"


async def test_a_turn_is_given_back_in_parts_and_whole(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        user = await here.site.harness.person(credits=10)
        outcome = await here.site.harness.answer(user, "hello")
        turn, charged = outcome["turnId"], Decimal(outcome["receipt"]["charged"])
        await bill(database)
        quota = data(await (await here.site.program(user)).get("/api/ai/quota"))
        assert quota["spentUsd"] != "0"
        part = data(await here.browser.post(path(turn), json={**REASON, "credits": "0.000001"}))
        assert (part["refunded"], part["credits"]) == (True, "0.000001")
        assert Decimal(part["left"]) == charged - Decimal("0.000001")
        again = await here.browser.post(path(turn), json={**REASON, "credits": "0.000001"})
        assert data(again) == {**part, "refunded": False}
        mismatch = await here.browser.post(path(turn), json={**REASON, "credits": "0.000002"})
        error(mismatch, 409, "idempotency_mismatch")
        too_much = {**REASON, "key": "2", "credits": str(charged)}
        refused = error(await here.browser.post(path(turn), json=too_much), 400, "invalid")
        assert refused["metadata"]["left"] == part["left"]
        rest = data(await here.browser.post(path(turn), json={**REASON, "key": "3"}))
        assert rest["left"] == "0"
        assert await balance(here, user) == "10"
        error(await here.browser.post(path(turn), json={**REASON, "key": "4"}), 409, "conflict")
        assert data(await (await here.site.program(user)).get("/api/ai/quota"))["spentUsd"] == "0"
        news = await told(database, user.user_id)
        assert [event for event, _ in news] == ["credits.refunded"] * 2
        assert news[0][1] == {
            "credits": "0.000001",
            "reason": "The answer was wrong",
            "turnId": turn,
        }
        first, second = await here.noted(targetId=turn)
        assert (first["action"], second["after"]["left"]) == ("turn.refund", "0")
        assert first["after"]["credits"] == "0.000001"
        assert second["before"] == {"left": part["left"]}
        assert await check(database) == []


async def test_what_a_workspace_paid_goes_back_to_the_workspace(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        owner, member = await here.site.harness.person(credits=1), await here.site.harness.person()
        workspace = await team(database, owner, member, credits=50)
        outcome = await here.site.harness.answer(member, "hello", workspace_id=workspace)
        before = await balance(here, member)
        data(await here.browser.post(path(outcome["turnId"]), json=REASON))
        program = await here.site.program(owner)
        seen = data(await program.get(f"/api/credits?workspaceId={workspace}&kind=refund"))
        assert seen["credits"] == "50"
        assert [entry["turnId"] for entry in seen["entries"]] == [outcome["turnId"]]
        assert await balance(here, member) == before
        ((event, news),) = await told(database, member.user_id)
        assert (event, news["workspaceId"]) == ("credits.refunded", str(workspace))


async def test_only_admins_give_back_and_only_what_there_is(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        user = await here.site.harness.person(credits=10)
        outcome = await here.site.harness.answer(user, "hello")
        own = await here.site.program(user)
        error(await own.post(path(outcome["turnId"]), json=REASON), 403, "forbidden")
        error(await here.browser.post(path(new_id()), json=REASON), 404, "not_found")
        started = await here.site.harness.say(user, "[demo: slow] hello")
        running = await here.browser.post(path(started.event.turn_id), json=REASON)
        error(running, 409, "conflict")
