"""A stream ends with the right to read it, and no other does."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from msgspec import structs
from redis.asyncio import Redis

from server.accounts.access import Principal, own_account
from server.accounts.endings import Endings
from server.domain.ids import UserId, WorkspaceId, new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes.streams import Streams
from tests.server.routes.office import USERS, office
from tests.server.routes.site import data, error
from tests.support.bells import ringing_bell, still_bell
from tests.support.eventually import eventually

LONG = "[demo: slow] [demo: long 5000] Go on"


def caller(**fields: object) -> Principal:
    user = UserId(new_id())
    principal = Principal(
        user_id=user,
        workspace_id=WorkspaceId(new_id()),
        account_id=own_account(user),
        email=None,
        name="Somebody",
        role="user",
        plan="starter",
        scopes=None,
        credential_kind="key",
        credential_id=new_id(),
    )
    return structs.replace(principal, **fields)


async def test_it_ends_with_its_credential_its_user_or_who_answers_for_them() -> None:
    endings, watched = Endings(still_bell()), list[UUID]()

    def watch(user: UUID) -> Callable[[], None]:
        watched.append(user)
        return lambda: watched.remove(user)

    streams, ended = Streams(endings, watch), list[str]()
    by_key, by_cookie = caller(), caller()
    embedded = caller(sponsor_id=UserId(new_id()))
    sponsor = embedded.sponsor_id
    assert sponsor is not None
    with (
        streams.opened(by_key, lambda: ended.append("key")),
        streams.opened(by_cookie, lambda: ended.append("cookie")),
        streams.opened(embedded, lambda: ended.append("embedded")),
    ):
        assert len(watched) == 4
        endings.tell(by_key.user_id, new_id())
        endings.tell_user_changed(by_key.user_id)
        assert ended == []
        endings.tell(by_key.user_id, by_key.credential_id)
        endings.tell_user_ended(by_cookie.user_id)
        endings.tell_user_ended(sponsor)
        assert ended == ["key", "cookie", "embedded"]
    assert watched == []
    endings.tell_user_ended(sponsor)
    assert len(ended) == 3


async def test_it_ends_also_when_another_process_says_so(
    migrated: EngineUrls, redis: Redis
) -> None:
    async with ringing_bell(migrated.redis_url) as here, ringing_bell(migrated.redis_url) as there:
        streams, reader, ended = Streams(Endings(there), there.watch), caller(), asyncio.Event()
        with streams.opened(reader, ended.set):
            await there.hears(reader.user_id)
            Endings(here).tell_user_ended(reader.user_id)
            await eventually(ended.is_set)


@pytest.mark.parametrize("how", ["suspended", "revoked"])
async def test_who_loses_access_reads_no_further_and_the_turn_goes_on(
    migrated: EngineUrls, database: Database, how: str
) -> None:
    async with office(migrated) as here:
        person = await here.site.harness.person()
        reader = await here.site.program(person)
        made = data(await reader.post("/api/conversations", json={}), 201)
        said = {"text": LONG, "model": "demo/causerie-demo", "clientMessageId": str(new_id())}
        path = f"/api/conversations/{made['id']}/messages"
        headers = {"Accept": "text/event-stream"}
        reading = asyncio.create_task(reader.post(path, json=said, headers=headers))
        live = here.site.services.engine.live
        await eventually(lambda: len(live))
        if how == "suspended":
            change = {"suspended": True}
            data(await here.browser.patch(f"{USERS}/{person.user_id}", json=change))
        else:
            (key,) = data(await reader.get("/api/api-keys"))["items"]
            data(await reader.delete(f"/api/api-keys/{key['id']}"))
        async with asyncio.timeout(5):
            answer = await reading
        assert "turn.started" in answer.text
        assert "turn.completed" not in answer.text
        assert len(live) == 1
        error(await reader.get(f"/api/conversations/{made['id']}"), 401, "unauthenticated")
