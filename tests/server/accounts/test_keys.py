"""API keys: recognisable, bounded in number, narrowed as stored."""

from datetime import timedelta

import pytest

from server.accounts import keys as module
from server.accounts.access import Scope
from server.accounts.keys import Keys, scopes_of
from server.domain.errors import Invalid, NotFound
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
        with pytest.raises(Invalid):
            await keys.create(tx, user, name="z", scopes=None, expires_at=None)
        await keys.revoke(tx, user, first.key.id)
        await keys.create(tx, user, name="z", scopes=None, expires_at=None)


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
