"""Packs over HTTP: users see what is offered, admins everything, and all of it is noted."""

import pytest

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes import packs
from tests.server.routes.office import office
from tests.server.routes.site import data, error

PACKS, OFFERS = "/api/admin/packs", "/api/credits/packs"
SMALL = {"name": "Small", "credits": "100", "priceUsd": "0.95"}
LARGE = {"name": "Large", "credits": "1000.5", "priceUsd": "9"}


async def test_what_is_active_is_offered_to_users(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        large = data(await here.browser.post(PACKS, json=LARGE), 201)
        small = data(await here.browser.post(PACKS, json=SMALL), 201)
        hidden = data(
            await here.browser.post(PACKS, json={**SMALL, "credits": "1", "active": False}), 201
        )
        assert small | SMALL | {"active": True} == small
        user = await here.site.program(scopes=[Scope.READ])
        offered = data(await user.get(OFFERS))
        assert offered == {
            "items": [{"id": small["id"], **SMALL}, {"id": large["id"], **LARGE}],
            "nextCursor": None,
        }
        first = data(await here.browser.get(f"{PACKS}?limit=2"))
        rest = data(await here.browser.get(f"{PACKS}?cursor={first['nextCursor']}"))
        assert first["items"] + rest["items"] == [hidden, small, large]
        error(await user.get(PACKS), 403, "forbidden")


async def test_no_more_are_offered_than_are_told(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "OFFERED_MAX", 1)
    async with office(migrated) as here:
        hidden = data(await here.browser.post(PACKS, json={**LARGE, "active": False}), 201)
        data(await here.browser.post(PACKS, json=SMALL), 201)
        path = f"{PACKS}/{hidden['id']}"
        for refused in (
            await here.browser.post(PACKS, json=LARGE),
            await here.browser.patch(path, json={"active": True}),
        ):
            told = error(refused, 409, "conflict")
            assert told["metadata"] == {"limit": 1, "scope": "packs"}
        data(await here.browser.patch(path, json={"name": "Larger"}))
        assert len(data(await here.browser.get(PACKS))["items"]) == 2


async def test_a_pack_is_renamed_withdrawn_and_forgotten_and_keeps_its_worth(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        made = data(await here.browser.post(PACKS, json=SMALL), 201)
        path = f"{PACKS}/{made['id']}"
        changed = data(await here.browser.patch(path, json={"name": "Old", "active": False}))
        assert changed == {**made, "name": "Old", "active": False}
        assert data(await here.browser.patch(path, json={})) == changed
        error(await here.browser.patch(path, json={"credits": "5"}), 400, "invalid")
        assert data(await here.browser.delete(path)) is None
        error(await here.browser.delete(path), 404, "not_found")
        error(await here.browser.patch(path, json={"name": "x"}), 404, "not_found")
        error(await here.browser.patch(f"{PACKS}/{new_id()}", json={}), 404, "not_found")
        noted = await here.noted(targetId=made["id"])
        assert [entry["action"] for entry in noted] == ["pack.create", "pack.update", "pack.delete"]
        assert noted[1]["before"] == {"name": "Small", "active": True}
        assert noted[1]["after"] == {"name": "Old", "active": False}
        assert noted[2]["before"] == {**SMALL, "name": "Old", "active": False}


async def test_an_amount_that_is_none_is_refused_by_its_name(
    migrated: EngineUrls, database: Database
) -> None:
    none = {
        "credits": ("0", "-1", "1e3", "0.0000001", "9" * 30, "NaN"),
        "priceUsd": ("-0.01", "1e3", "0.0000000001", "ten"),
    }
    async with office(migrated) as here:
        for field, amounts in none.items():
            for amount in amounts:
                refused = await here.browser.post(PACKS, json={**SMALL, field: amount})
                assert error(refused, 400, "invalid")["path"] == f"$.{field}"
