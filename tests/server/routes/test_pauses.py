"""Pausing over HTTP: one request and its undo, in force at once, told and written down."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import update

from billing.alerttables import AlertRow
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import LOCK_TIMEOUT_MS, Database
from tests.billing.incidents import make_alert, told
from tests.server.routes.office import Office, office
from tests.server.routes.site import data, error

PAUSES, TEST = "/api/admin/pauses", "/api/ai/test"
MODEL = "demo/causerie-demo"
PAUSE = {"scope": "model", "key": MODEL, "reason": "Ten times the usual."}


async def listed(place: Office, state: str = "active") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = data(await place.browser.get(PAUSES, params={"state": state}))[
        "items"
    ]
    return items


async def paused_models(place: Office) -> list[str]:
    models = data(await place.browser.get("/api/ai/models"))["items"]
    return [model["id"] for model in models if model["paused"]]


async def test_a_pause_holds_at_once_and_its_undo_as_well(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as place:
        program = await place.site.program()
        made = data(await place.browser.post(PAUSES, json={**PAUSE, "minutes": 30}), 201)
        refused = await program.post(TEST, json={"prompt": "hello"})
        told_why = error(refused, 423, "paused")
        assert told_why["message"] == f"The model {MODEL} is paused: Ten times the usual."
        assert told_why["metadata"] == {
            "scope": "model",
            "key": MODEL,
            "reason": "Ten times the usual.",
            "until": made["until"],
        }
        assert '"user";r=500;' in refused.headers["ratelimit"]
        assert [one["id"] for one in await listed(place)] == [made["id"]]
        assert await paused_models(place) == [MODEL]
        lifted = data(await place.browser.delete(f"{PAUSES}/{made['id']}"))
        assert (lifted["active"], lifted["liftedBy"]) == (False, str(place.admin.user_id))
        data(await program.post(TEST, json={"prompt": "hello"}))
        assert await listed(place) == []
        assert await paused_models(place) == []
        (over,) = await listed(place, "all")
        assert (over["id"], over["active"]) == (made["id"], False)
        error(await place.browser.delete(f"{PAUSES}/{made['id']}"), 404, "not_found")


async def test_both_are_written_down_with_what_they_changed(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as place:
        made = data(await place.browser.post(PAUSES, json=PAUSE), 201)
        data(await place.browser.delete(f"{PAUSES}/{made['id']}"))
        begun, lifted = await place.noted(targetId=made["id"])
        what = {"scope": "model", "key": MODEL, "reason": PAUSE["reason"], "until": None}
        assert (begun["action"], begun["before"], begun["after"]) == ("pause.begin", None, what)
        assert (lifted["action"], lifted["before"], lifted["after"]) == ("pause.lift", what, None)
        assert begun["actorId"] == str(place.admin.user_id)


async def test_what_is_paused_is_paused_once(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as place:
        data(await place.browser.post(PAUSES, json=PAUSE), 201)
        again = await place.browser.post(PAUSES, json={**PAUSE, "reason": "Another."})
        error(again, 409, "conflict")
        assert [one["reason"] for one in await listed(place)] == [PAUSE["reason"]]


async def test_a_creator_is_paused_by_any_of_their_names(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as place:
        hosted = await place.hosted("auth0|42")
        by_host = {"scope": "creator", "key": "external:auth0|42", "reason": "A burst."}
        made = data(await place.browser.post(PAUSES, json=by_host), 201)
        assert made["key"] == str(hosted.user_id)
        program, others = await place.site.program(hosted), await place.site.program()
        refused = error(await program.post(TEST, json={"prompt": "hello"}), 423, "paused")
        assert refused["message"] == "Your requests are paused: A burst."
        data(await others.post(TEST, json={"prompt": "hello"}))


async def test_incidents_of_the_scope_tell_admins_that_it_is_paused(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as place:
        alert = await make_alert(database, scope_kind="model", scope_key=MODEL)
        body = {**PAUSE, "alertId": str(alert)}
        made = data(await place.browser.post(PAUSES, json=body), 201)
        assert made["alertId"] == str(alert)
        data(await place.browser.delete(f"{PAUSES}/{made['id']}"))
        heard = await told(database, place.admin.user_id)
        assert [(said["version"], said["paused"]) for _, _, said in heard] == [
            (2, True),
            (3, False),
        ]


async def test_it_waits_for_who_is_just_writing_of_the_same_incident(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as place:
        alert = await make_alert(database, scope_kind="model", scope_key=MODEL)
        async with database.transaction() as tx:
            await tx.execute(update(AlertRow).where(AlertRow.id == alert).values(quiet_since=None))
            asking = asyncio.create_task(place.browser.post(PAUSES, json=PAUSE))
            await asyncio.sleep(LOCK_TIMEOUT_MS / 1_000 + 0.2)
        made = data(await asking, 201)
        data(await place.browser.delete(f"{PAUSES}/{made['id']}"))


@pytest.mark.parametrize(
    ("changes", "status", "code", "path"),
    [
        ({"scope": "system"}, 400, "invalid", "$.key"),
        ({"key": ""}, 400, "invalid", "$.key"),
        ({"scope": "everything"}, 400, "invalid", "$.scope"),
        ({"scope": "feature", "key": "chatting"}, 400, "invalid", "$.key"),
        ({"scope": "provider", "key": "nobody"}, 400, "invalid", "$.key"),
        ({"scope": "agent", "key": "nobody"}, 400, "invalid", "$.key"),
        ({"scope": "creator", "key": str(new_id())}, 404, "not_found", "$.key"),
        ({"scope": "creator", "key": "external:nobody"}, 404, "not_found", "$.key"),
        ({"key": "demo/nothing"}, 400, "invalid", "$.key"),
        ({"alertId": str(new_id())}, 404, "not_found", "$.alertId"),
        ({"minutes": 0}, 400, "invalid", "$.minutes"),
        ({"reason": ""}, 400, "invalid", "$.reason"),
    ],
)
async def test_what_would_hold_nobody_back_is_refused(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    changes: dict[str, Any],
    status: int,
    code: str,
    path: str,
) -> None:
    async with office(migrated) as place:
        answer = await place.browser.post(PAUSES, json={**PAUSE, **changes})
        assert error(answer, status, code)["path"] == path
        assert await listed(place, "all") == []


async def test_pages_follow_each_other(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as place:
        for feature in ("chat", "title", "test"):
            body = {"scope": "feature", "key": feature, "reason": "Enough."}
            data(await place.browser.post(PAUSES, json=body), 201)
        first = data(await place.browser.get(PAUSES, params={"limit": 2}))
        assert [one["key"] for one in first["items"]] == ["test", "title"]
        rest = data(await place.browser.get(PAUSES, params={"cursor": first["nextCursor"]}))
        assert [one["key"] for one in rest["items"]] == ["chat"]
        assert rest["nextCursor"] is None


async def test_nobody_but_admins_pauses_or_sees_pauses(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as place:
        program = await place.site.program()
        error(await program.get(PAUSES), 403, "forbidden")
        error(await program.post(PAUSES, json=PAUSE), 403, "forbidden")
        error(await program.delete(f"{PAUSES}/{new_id()}"), 403, "forbidden")
