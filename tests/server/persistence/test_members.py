"""Members come and go; an owner stays, and what was shared with the others."""

import asyncio
from datetime import UTC, datetime

from msgspec import structs

from server.accounts.keys import Keys
from server.domain.ids import UserId, new_id
from server.persistence import members, presets, workspaces
from server.persistence.database import Database
from tests.server.accounts.people import somebody
from tests.server.persistence.test_presets import CONTENT
from tests.server.persistence.test_workspaces import shared

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def clock() -> datetime:
    return NOW


async def test_members_are_listed_by_page(database: Database) -> None:
    people = [await somebody(database, f"{name}@example.com") for name in ("ada", "bob", "eve")]
    async with database.transaction() as tx:
        acme = await shared(tx, *people)
        page = await members.list_members(tx, acme, after=None, limit=2)
        rest = await members.list_members(tx, acme, after=page[-1].user_id, limit=2)
        assert [item.user_id for item in page + rest] == sorted(people)
        assert page[0].email == "ada@example.com"
        assert await members.count(tx, acme) == 3


async def test_somebody_joins_once(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        acme = await shared(tx, ada)
        assert await members.join(tx, acme, bob, "member") is True
        assert await members.join(tx, acme, bob, "owner") is False
        found = await members.find(tx, acme, bob)
        assert found is not None
        assert found.role == "member"


async def test_the_last_owner_neither_leaves_nor_steps_down(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        acme = await shared(tx, ada, bob)
        assert await members.set_role(tx, acme, ada, "member") is False
        assert await members.remove(tx, acme, ada) is False
        assert await members.set_role(tx, acme, bob, "owner") is True
        assert await members.set_role(tx, acme, ada, "member") is True
        assert await members.remove(tx, acme, ada) is True
        assert await members.remove(tx, acme, bob) is False


async def test_of_two_last_owners_that_leave_at_once_one_stays(database: Database) -> None:
    for _ in range(5):
        people = [await somebody(database, f"{new_id()}@example.com") for _ in range(2)]
        async with database.transaction() as tx:
            acme = await shared(tx, *people)
            await members.set_role(tx, acme, people[1], "owner")

        async def leave(user: UserId) -> bool:
            async with database.transaction() as tx:
                await workspaces.lock(tx, acme)  # noqa: B023 - awaited within the round
                return await members.remove(tx, acme, user)  # noqa: B023

        assert sorted(await asyncio.gather(*map(leave, people))) == [False, True]


async def test_what_a_member_shared_stays_with_an_owner_and_the_rest_goes_along(
    database: Database,
) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        acme = await shared(tx, ada, bob)
        public = structs.replace(CONTENT, shared=True)
        kept = await presets.insert_preset(tx, new_id(), bob, acme, public)
        own = await presets.insert_preset(tx, new_id(), bob, acme, CONTENT)
        await members.remove(tx, acme, bob)
        await members.hand_over_presets(tx, acme, bob)
        assert await presets.find(tx, kept.id, bob) is None
        theirs = await presets.find(tx, kept.id, ada)
        assert theirs is not None
        assert (theirs.user_id, theirs.shared) == (ada, True)
        mine = await presets.find(tx, own.id, bob)
        assert mine is not None
        assert mine.workspace_id != acme
        assert await presets.find(tx, own.id, ada) is None


async def test_presets_of_a_closed_workspace_are_their_authors_again(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        acme = await shared(tx, ada, bob)
        public = structs.replace(CONTENT, shared=True)
        made = await presets.insert_preset(tx, new_id(), bob, acme, public)
        await members.take_presets_home(tx, acme)
        found = await presets.find(tx, made.id, bob)
        assert found is not None
        assert (found.shared, found.workspace_id == acme) == (False, False)
        assert await presets.find(tx, made.id, ada) is None


async def test_keys_that_are_bound_to_it_end_and_no_others(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    keys = Keys(clock=clock)
    async with database.transaction() as tx:
        acme = await shared(tx, ada, bob)
        made = [
            await keys.create(
                tx, user, name="k", scopes=None, expires_at=None, workspace_id=workspace
            )
            for user, workspace in ((ada, acme), (bob, acme), (bob, None))
        ]
        ended = await members.revoke_keys(tx, acme, NOW, user=bob)
        assert [(key.user_id, key.key_id) for key in ended] == [(bob, made[1].key.id)]
        assert [key.key_id for key in await members.revoke_keys(tx, acme, NOW)] == [made[0].key.id]
        await members.clear(tx, acme)
        assert await members.count(tx, acme) == 0
