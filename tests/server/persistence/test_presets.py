"""Presets: seen by their author and, when shared, by the workspace; changed by the author."""

from msgspec import structs
from sqlalchemy import delete

from server.domain.ids import new_id
from server.persistence import presets
from server.persistence.database import Database
from server.persistence.presets import PresetContent
from server.persistence.workspaces import MemberRow, insert_member
from tests.server.accounts.people import person, somebody

CONTENT = PresetContent(
    name="Poet",
    category="Writing",
    description="",
    agent=None,
    model=None,
    params={"temperature": 0.5},
    instructions="Rhyme.",
    shared=False,
)


async def test_sharing_decides_who_in_the_workspace_sees_it(database: Database) -> None:
    workspace = person().workspace_id
    ada = await somebody(database, workspace_id=workspace)
    bob = await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        await insert_member(tx, workspace, bob, "member")
        made = await presets.insert_preset(tx, new_id(), ada, workspace, CONTENT)
        assert await presets.find(tx, made.id, ada) == made
        assert await presets.find(tx, made.id, bob) is None
        shared = await presets.update(tx, made.id, ada, {"shared": True})
        assert shared is not None
        assert structs.replace(shared, shared=False, updated_at=made.updated_at) == made
        assert await presets.find(tx, made.id, bob) == shared
        assert await presets.find(tx, made.id, new_id()) is None
        assert await presets.update(tx, made.id, bob, {"name": "x"}) is None
        assert await presets.remove(tx, made.id, bob) is False
        await tx.execute(delete(MemberRow).where(MemberRow.user_id == bob))
        assert await presets.find(tx, made.id, bob) is None
        assert await presets.remove(tx, made.id, ada) is True
        assert await presets.find(tx, made.id, ada) is None


async def test_lists_and_categories_hold_what_is_visible(database: Database) -> None:
    workspace = person().workspace_id
    ada = await somebody(database, workspace_id=workspace)
    async with database.transaction() as tx:
        ids = [
            (
                await presets.insert_preset(
                    tx, new_id(), ada, workspace, structs.replace(CONTENT, category=category)
                )
            ).id
            for category in ("b", "a", "b")
        ]
        assert await presets.categories(tx, ada) == [("a", 1), ("b", 2)]
        listed = await presets.list_presets(tx, ada, category="b", before=None, limit=10)
        assert [item.id for item in listed] == [ids[2], ids[0]]
        older = await presets.list_presets(tx, ada, category=None, before=ids[2], limit=1)
        assert [item.id for item in older] == [ids[1]]
        assert await presets.categories(tx, new_id()) == []
