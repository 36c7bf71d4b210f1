"""What commands do with users."""

from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.accounts.administration import Change
from server.accounts.endings import Endings
from server.cli import people
from server.cli.people import Person
from server.domain.errors import NotFound
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.settings import load, with_engines
from tests.support.bells import ringing_bell
from tests.support.eventually import eventually

SETTINGS = load({"PUBLIC_URL": "https://chat.example.com", "SIGNUP_CREDITS": "1"})


async def test_a_person_is_found_however_the_address_is_written(database: Database) -> None:
    made = await people.create(database, SETTINGS, Person(email="Ada@Example.com"))
    async with database.snapshot() as tx:
        found = await people.find(tx, " ADA@example.COM")
        assert (found.id, found.name, found.role) == (made, "ada", "user")
        with pytest.raises(NotFound, match=r"bob@example\.com"):
            await people.find(tx, "bob@example.com")
    link = await people.link(database, SETTINGS, made)
    assert link.startswith("https://chat.example.com/sign-in#cl_")


async def test_servers_hear_of_a_change_at_the_command_line_at_once(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    settings = with_engines(
        SETTINGS, database_url=migrated.database_url, redis_url=migrated.redis_url, owned=False
    )
    made = await people.create(database, settings, Person(email="ada@example.com"))
    ended, changed = list[UUID](), list[UUID]()
    async with ringing_bell(migrated.redis_url) as bell:
        Endings(bell).listen_for_users(ended=ended.append, changed=changed.append)
        await bell.hears(made)
        await people.change(database, settings, "ada@example.com", Change(plan="pro"))
        await eventually(lambda: changed)
        await people.change(database, settings, str(made), Change(suspended=True))
        await eventually(lambda: ended)
    assert (changed, ended) == ([made], [made])
