"""Subscriptions over HTTP: they decide the plan where no admin has, from the next turn on."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from server.accounts.access import Scope
from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.notifications import NotificationRow
from tests.server.routes.office import USERS, Office, office
from tests.server.routes.site import data, error


def place(user: object) -> str:
    return f"{USERS}/{user}/subscription"


async def put(here: Office, user: object, **body: Any) -> Any:
    return data(await here.browser.put(place(user), json=body))


async def test_a_subscription_decides_the_plan_at_once_and_its_history_is_kept(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        await here.alter(caller.user_id, ai_plan=None)
        program = await here.site.program(caller)
        before = data(await program.get("/api/ai/quota"))
        assert (before["plan"], before["planSource"]) == ("starter", "default")
        begun = await put(here, caller.user_id, tier="pro", reference="sub_1")
        assert (begun["plan"], begun["planSource"]) == ("pro", "subscription")
        quota = data(await program.get("/api/ai/quota"))
        assert (quota["plan"], quota["planSource"], quota["limitUsd"]) == (
            "pro",
            "subscription",
            "50",
        )
        assert data(await program.get("/api/auth/me"))["plan"] == "pro"
        longer = utc_now() + timedelta(days=30)
        renewed = await put(
            here, caller.user_id, tier="pro", reference="sub_1", endsAt=longer.isoformat()
        )
        assert renewed["subscription"]["id"] == begun["subscription"]["id"]
        assert renewed["subscription"]["endsAt"] is not None
        higher = await put(here, caller.user_id, tier="business", reference="sub_1")
        assert data(await program.get("/api/ai/quota"))["limitUsd"] is None
        assert [(each["tier"], each["active"]) for each in higher["history"]] == [
            ("business", True),
            ("pro", False),
        ]
        ended = data(await here.browser.delete(place(caller.user_id)))
        assert (ended["plan"], ended["subscription"]) == ("starter", None)
        assert data(await here.browser.delete(place(caller.user_id))) == ended
        assert data(await here.browser.get(place(caller.user_id))) == ended
        assert data(await program.get("/api/auth/me"))["plan"] == "starter"


async def test_what_an_admin_has_chosen_stands_above_a_subscription(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person(plan="pro")
        seen = await put(here, caller.user_id, tier="business")
        assert (seen["plan"], seen["planSource"]) == ("pro", "chosen")
        person = f"{USERS}/{caller.user_id}"
        changed = data(await here.browser.patch(person, json={"plan": None}))
        assert (changed["plan"], changed["planSource"]) == ("business", "subscription")
        assert data(await here.browser.get(person))["planSource"] == "subscription"


async def test_one_that_has_come_to_its_end_decides_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        await here.alter(caller.user_id, ai_plan=None)
        over = (utc_now() - timedelta(seconds=1)).isoformat()
        answer = await here.browser.put(place(caller.user_id), json={"tier": "pro", "endsAt": over})
        assert error(answer, 400, "invalid")["path"] == "$.endsAt"
        assert data(await here.browser.get(place(caller.user_id)))["history"] == []


async def test_changes_are_audited_and_told_to_the_user_and_repeats_are_not(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        await here.alter(caller.user_id, ai_plan=None)
        for tier in ("pro", "pro", "business"):
            await put(here, caller.user_id, tier=tier, reference="a-name-of-somebody")
        data(await here.browser.delete(place(caller.user_id)))
        noted = await here.noted(action="user.subscription")
        assert [(entry["before"], entry["after"]) for entry in noted] == [
            (None, {"tier": "pro", "endsAt": None}),
            ({"tier": "pro", "endsAt": None}, {"tier": "business", "endsAt": None}),
            ({"tier": "business", "endsAt": None}, None),
        ]
        async with database.snapshot() as tx:
            told = (
                await tx.scalars(
                    select(NotificationRow.data)
                    .where(NotificationRow.user_id == caller.user_id)
                    .order_by(NotificationRow.id)
                )
            ).all()
        assert told == [
            {"before": "starter", "plan": "pro", "limitUsd": "50"},
            {"before": "pro", "plan": "business", "limitUsd": None},
            {"before": "business", "plan": "starter", "limitUsd": "10"},
        ]


async def test_a_service_key_sets_those_of_its_own_users_and_of_nobody_else(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller, issuer = await here.hosted("42"), "https://host.example"
        async with here.site.services.database.transaction() as tx:
            made = await here.site.services.accounts.keys.create(
                tx,
                here.admin.user_id,
                name="payments",
                scopes=[Scope.PLANS],
                expires_at=None,
                issuer=issuer,
            )
        service = here.site.browser(headers={"Authorization": f"Bearer {made.secret}"})
        await here.alter(caller.user_id, ai_plan=None)
        named = place("external:42")
        assert data(await service.put(named, json={"tier": "pro"}))["plan"] == "pro"
        assert data(await service.delete(named))["plan"] == "starter"
        stranger = await here.site.harness.person()
        answer = await service.put(place(stranger.user_id), json={"tier": "pro"})
        error(answer, 404, "not_found")
        error(await service.get(named), 403, "forbidden")


async def test_nobody_gives_themselves_a_plan(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        program = await here.site.program(caller)
        for ask in (program.get, program.delete):
            error(await ask(place(caller.user_id)), 403, "forbidden")
        answer = await program.put(place(caller.user_id), json={"tier": "business"})
        error(answer, 403, "forbidden")


async def test_of_changes_at_once_each_is_told_after_the_one_before(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        await here.alter(caller.user_id, ai_plan=None)
        for tier in ("pro", "business") * 4:
            await asyncio.gather(
                here.browser.put(place(caller.user_id), json={"tier": tier}),
                here.browser.delete(place(caller.user_id)),
                here.browser.patch(f"{USERS}/{caller.user_id}", json={"plan": None}),
            )
        async with database.snapshot() as tx:
            told = [
                (each["before"], each["plan"])
                for each in await tx.scalars(
                    select(NotificationRow.data)
                    .where(NotificationRow.user_id == caller.user_id)
                    .order_by(NotificationRow.id)
                )
            ]
        plans = ["starter", *(plan for _, plan in told)]
        assert [before for before, _ in told] == plans[:-1]
        assert data(await here.browser.get(place(caller.user_id)))["plan"] == plans[-1]
