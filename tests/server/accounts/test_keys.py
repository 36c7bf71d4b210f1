"""API keys: recognisable, bounded in number, narrowed as stored."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from server.accounts import keys as module
from server.accounts.access import Scope
from server.accounts.keys import (
    Keys,
    check_maker,
    is_service,
    scopes_of,
    usual_issuer,
)
from server.accounts.secrets import digest
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.ids import new_id
from server.persistence import holders, users
from server.persistence.database import Database
from tests.server.accounts.people import START, TurnedClock, somebody


async def test_a_key_shows_its_beginning_and_only_that(database: Database) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        made = await Keys(clock=TurnedClock()).create(
            tx, user, name="bot", scopes=[Scope.TURNS, Scope.READ, Scope.READ], expires_at=None
        )
    assert made.secret.startswith("ck_")
    assert made.secret.startswith(made.key.prefix)
    assert len(made.secret) - len(made.key.prefix) == 37
    assert made.key.scopes == ["read", "turns"]


def test_stored_scopes_mean_what_they_say() -> None:
    assert scopes_of(None) is None
    assert scopes_of(["*"]) is None
    assert scopes_of(["read"]) == frozenset({"read"})
    assert scopes_of([]) == frozenset()


async def test_keys_are_bounded_in_number_and_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEYS_MAX", 2)
    user, keys = await somebody(database), Keys(clock=TurnedClock())

    async with database.transaction() as tx:
        with pytest.raises(Invalid) as past:
            await keys.create(tx, user, name="x", scopes=None, expires_at=START)
        assert past.value.path == "$.expiresAt"
        later = START + timedelta(seconds=1)
        first = await keys.create(tx, user, name="x", scopes=None, expires_at=later)
        await keys.create(tx, user, name="y", scopes=None, expires_at=None)
        with pytest.raises(Conflict) as full:
            await keys.create(tx, user, name="z", scopes=None, expires_at=None)
        assert full.value.metadata == {"limit": 2, "scope": "keys"}
        await keys.revoke(tx, user, first.key.id)
        await keys.create(tx, user, name="z", scopes=None, expires_at=None)


@pytest.mark.parametrize("replaces", [False, True])
async def test_of_keys_that_are_made_at_once_each_counts_the_others(
    replaces: bool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEYS_MAX", 2)
    user, keys = await somebody(database), Keys(clock=TurnedClock())
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def is_waited() -> bool:
        async with database.snapshot() as seen:  # which sees one state of it all its life
            return bool(await seen.scalar(waiting))

    async def one_more(old: UUID) -> None:
        async with database.transaction() as tx:
            if replaces:
                await keys.rotate(tx, user, old, timedelta(hours=1))
            else:
                await keys.create(tx, user, name="z", scopes=None, expires_at=None)

    async with database.transaction() as tx:
        old = await keys.create(tx, user, name="x", scopes=None, expires_at=None)
    async with database.transaction() as tx:
        await keys.create(tx, user, name="y", scopes=None, expires_at=None)
        other = asyncio.create_task(one_more(old.key.id))
        while not (other.done() or await is_waited()):
            pass
    with pytest.raises(Conflict):
        await other


async def test_only_its_owner_revokes_a_key_and_once(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    keys = Keys(clock=TurnedClock())
    async with database.transaction() as tx:
        made = await keys.create(tx, ada, name="x", scopes=None, expires_at=None)
        with pytest.raises(NotFound):
            await keys.revoke(tx, bob, made.key.id)
        await keys.revoke(tx, ada, made.key.id)
        with pytest.raises(NotFound):
            await keys.revoke(tx, ada, made.key.id)


async def test_a_key_is_made_for_a_workspace_of_ones_own_only(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    keys = Keys(clock=TurnedClock())
    async with database.transaction() as tx:
        user = await users.find(tx, ada)
        assert user is not None
        terms: dict[str, Any] = {"name": "x", "scopes": None, "expires_at": None}
        made = await keys.create(tx, ada, workspace_id=user.workspace_id, **terms)
        assert made.key.workspace_id == user.workspace_id
        for who, workspace in ((bob, user.workspace_id), (ada, new_id())):
            with pytest.raises(NotFound) as refused:
                await keys.create(tx, who, workspace_id=workspace, **terms)
            assert refused.value.path == "$.workspaceId"


def test_only_admins_make_keys_that_act_for_others() -> None:
    for scopes, issuer in (([Scope.PLANS], None), ([Scope.INTEGRATIONS], None), (None, "host")):
        check_maker(scopes, issuer, is_admin=True)
        with pytest.raises(Forbidden):
            check_maker(scopes, issuer, is_admin=False)
    for mine in (None, [Scope.TICKETS, Scope.READ]):
        check_maker(mine, None, is_admin=False)


@pytest.mark.parametrize(
    ("scopes", "is_admin", "usual"),
    [
        ([Scope.TICKETS], True, "host"),
        ([Scope.PLANS, Scope.READ], True, "host"),
        ([Scope.TICKETS], False, None),
        ([Scope.READ], True, None),
        (None, True, None),
    ],
)
def test_an_admins_key_that_serves_names_users_of_the_usual_issuer(
    scopes: list[Scope] | None, is_admin: bool, usual: str | None
) -> None:
    assert usual_issuer(scopes, "host", is_admin=is_admin) == usual


@pytest.mark.parametrize("grace_s", [0, 60])
async def test_a_rotated_key_does_the_same_while_the_old_one_ends(
    database: Database, grace_s: int
) -> None:
    user, clock = await somebody(database), TurnedClock()
    keys, grace = Keys(clock=clock), timedelta(seconds=grace_s)

    async def holds(secret: str) -> bool:
        async with database.glances() as tx:
            return await holders.find_key(tx, digest(secret), clock()) is not None

    async with database.transaction() as tx:
        ends = START + timedelta(days=30)
        old = await keys.create(
            tx, user, name="bot", scopes=[Scope.PLANS], expires_at=ends, issuer="host"
        )
    clock.turn(days=20)
    async with database.transaction() as tx:
        new = await keys.rotate(tx, user, old.key.id, grace)
    assert new.secret != old.secret
    assert new.replaced == old.key
    assert (new.key.name, new.key.scopes, new.key.issuer) == ("bot", ["plans:write"], "host")
    assert is_service(new.key)
    assert new.key.expires_at == clock() + timedelta(days=30)
    assert await holds(new.secret)
    assert await holds(old.secret) == bool(grace_s)
    clock.turn(seconds=grace_s)
    assert not await holds(old.secret)
    clock.turn(days=29)
    assert await holds(new.secret)


async def test_nobody_rotates_what_is_not_theirs_or_revoked_or_has_no_room(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEYS_MAX", 1)
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    keys = Keys(clock=TurnedClock())
    async with database.transaction() as tx:
        old = await keys.create(tx, ada, name="x", scopes=None, expires_at=None)
        with pytest.raises(NotFound):
            await keys.rotate(tx, bob, old.key.id, timedelta(0))
        new = await keys.rotate(tx, ada, old.key.id, timedelta(0))
        with pytest.raises(NotFound):
            await keys.rotate(tx, ada, old.key.id, timedelta(0))
        with pytest.raises(Conflict):
            await keys.rotate(tx, ada, new.key.id, timedelta(seconds=1))
