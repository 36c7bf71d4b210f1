"""Credits booked over HTTP: once a key, by admins and by service keys for their own users."""

import asyncio
from uuid import UUID

import httpx2
from sqlalchemy import text

from billing.reconcile import check
from server.accounts.access import Principal, Scope
from server.domain.ids import UserId, new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import USERS, Office, office
from tests.server.routes.site import data, error
from tests.support.teams import team

GIFT = {"credits": "12.5", "reason": "For the outage", "key": "gift 1"}
ISSUER = "https://host.example"


async def service(here: Office, issuer: str = ISSUER) -> httpx2.AsyncClient:
    async with here.site.services.database.transaction() as tx:
        made = await here.site.services.accounts.keys.create(
            tx,
            UserId(here.admin.user_id),
            name="shop",
            scopes=[Scope.CREDITS],
            expires_at=None,
            issuer=issuer,
        )
    return here.site.browser(headers={"Authorization": f"Bearer {made.secret}"})


async def balance(here: Office, user: Principal) -> str:
    return str(data(await (await here.site.program(user)).get("/api/credits"))["credits"])


async def told(database: Database, user: UUID) -> list[tuple[str, dict[str, object]]]:
    async with database.snapshot() as tx:
        rows = await tx.execute(
            text("SELECT event, data FROM notifications WHERE user_id = :user ORDER BY id"),
            {"user": user},
        )
        return [(row.event, row.data) for row in rows]


async def test_a_gift_is_booked_once_and_whoever_got_it_is_told(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        user = await here.site.harness.person(credits=1)
        heard = list[str]()
        here.site.services.engine.feed.follow_user(
            user.user_id,
            lambda event: heard.append(event.balance.credits),  # type: ignore[union-attr]
        )
        path = f"{USERS}/{user.user_id}/credits"
        first = data(await here.browser.post(path, json=GIFT))
        assert first == {
            "booked": True,
            "kind": "grant",
            "credits": "12.5",
            "balance": {"credits": "13.5", "held": "0", "spendable": "13.5"},
        }
        assert data(await here.browser.post(path, json=GIFT)) == {**first, "booked": False}
        assert heard == ["13.5"]
        assert await balance(here, user) == "13.5"
        for changed in ({"credits": "12"}, {"reason": "Another"}):
            refused = await here.browser.post(path, json={**GIFT, **changed})
            error(refused, 409, "idempotency_mismatch")
        other = await here.site.harness.person()
        elsewhere = await here.browser.post(f"{USERS}/{other.user_id}/credits", json=GIFT)
        error(elsewhere, 409, "idempotency_mismatch")
        assert await told(database, user.user_id) == [
            ("credits.granted", {"credits": "12.5", "reason": "For the outage"})
        ]
        (noted,) = await here.noted(targetId=str(user.user_id))
        assert (noted["action"], noted["after"]) == ("credits.grant", GIFT)
        assert await check(database) == []


async def test_a_pack_that_was_bought_is_booked_even_when_it_is_not_offered_any_more(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        user = await here.hosted("42")
        pack = data(
            await here.browser.post(
                "/api/admin/packs", json={"name": "S", "credits": "100", "priceUsd": "0.95"}
            ),
            201,
        )
        data(await here.browser.patch(f"/api/admin/packs/{pack['id']}", json={"active": False}))
        shop = await service(here)
        sale = {"packId": pack["id"], "reason": "Order 7", "key": "order 7"}
        path = f"{USERS}/external:42/credits"
        booked = data(await shop.post(path, json=sale))
        assert (booked["booked"], booked["kind"], booked["credits"]) == (True, "purchase", "100")
        assert data(await shop.post(path, json=sale))["booked"] is False
        (noted,) = await here.noted(targetId=str(user.user_id))
        assert noted["action"] == "credits.purchase"
        assert noted["after"] == {
            "credits": "100",
            "key": "order 7",
            "reason": "Order 7",
            "packId": pack["id"],
            "priceUsd": "0.95",
        }
        program = await here.site.program(user)
        (entry,) = data(await program.get("/api/credits?kind=purchase"))["entries"]
        assert (entry["credits"], entry["reason"]) == ("100", "Order 7")
        data(await here.browser.delete(f"/api/admin/packs/{pack['id']}"))
        assert data(await shop.post(path, json=sale)) == {**booked, "booked": False}
        error(await shop.post(path, json={**sale, "key": "order 8"}), 404, "not_found")


async def test_many_at_once_with_one_key_book_once(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        user = await here.site.harness.person()
        path = f"{USERS}/{user.user_id}/credits"
        answers = await asyncio.gather(*(here.browser.post(path, json=GIFT) for _ in range(8)))
        assert sum(data(answer)["booked"] for answer in answers) == 1
        assert len(await told(database, user.user_id)) == 1


async def test_a_service_key_books_for_users_of_its_issuer_only(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        theirs = await here.hosted("1")
        foreign, own = await here.hosted("2", "https://other.example"), here.admin
        shop = await service(here)
        data(await shop.post(f"{USERS}/{theirs.user_id}/credits", json=GIFT))
        for user in (foreign, own):
            refused = await shop.post(f"{USERS}/{user.user_id}/credits", json=GIFT)
            error(refused, 404, "not_found")
        member = await here.site.harness.person()
        open_to_them = await team(database, theirs, member)
        closed = await team(database, foreign, theirs)
        path = "/api/admin/workspaces/{}/credits"
        body = {**GIFT, "key": "gift 2"}
        assert data(await shop.post(path.format(open_to_them), json=body))["booked"]
        error(await shop.post(path.format(closed), json={**body, "key": "3"}), 404, "not_found")
        narrow = await here.site.program(here.admin, [Scope.PLANS])
        error(await narrow.post(path.format(open_to_them), json=GIFT), 403, "forbidden")


async def test_a_workspace_gets_credits_of_its_own_and_its_owners_are_told(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        owner, member = await here.site.harness.person(credits=1), await here.site.harness.person()
        workspace = await team(database, owner, member, credits=2)
        path = f"/api/admin/workspaces/{workspace}/credits"
        assert data(await here.browser.post(path, json=GIFT))["balance"]["credits"] == "14.5"
        assert await balance(here, owner) == "1"
        assert await told(database, owner.user_id) == [
            (
                "credits.granted",
                {
                    "credits": "12.5",
                    "reason": "For the outage",
                    "workspaceId": str(workspace),
                },
            )
        ]
        assert await told(database, member.user_id) == []
        (noted,) = await here.noted(targetId=str(workspace), action="credits.grant")
        assert noted["targetKind"] == "workspace"
        personal = f"/api/admin/workspaces/{owner.workspace_id}/credits"
        error(await here.browser.post(personal, json={**GIFT, "key": "2"}), 404, "not_found")


async def test_what_is_no_booking_is_refused(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        user = await here.site.harness.person()
        path = f"{USERS}/{user.user_id}/credits"
        neither = {"reason": "x", "key": "k"}
        for body in (neither, {**GIFT, "packId": str(new_id())}, {**GIFT, "credits": "-1"}):
            told_why = error(await here.browser.post(path, json=body), 400, "invalid")
            assert told_why["path"] == "$.credits"
        for body in ({**GIFT, "key": ""}, {**GIFT, "reason": ""}, {**GIFT, "reason": "x" * 501}):
            error(await here.browser.post(path, json=body), 400, "invalid")
        error(await here.browser.post(f"{USERS}/{new_id()}/credits", json=GIFT), 404, "not_found")
        too_many = {**GIFT, "credits": "4611686018427.387904"}
        assert data(await here.browser.post(path, json={**GIFT, "key": "1"}))["booked"]
        error(await here.browser.post(path, json={**too_many, "key": "2"}), 400, "invalid")
        await here.alter(user.user_id, deletion_requested_at=here.site.services.clock())
        error(await here.browser.post(path, json={**GIFT, "key": "3"}), 409, "conflict")
