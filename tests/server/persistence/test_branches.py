"""Branches: read upwards and downwards, siblings named, cut with all that is under them."""

from server.persistence import branches, conversations
from server.persistence.branches import Below
from server.persistence.database import Database
from server.persistence.messages import go_on
from tests.server.persistence.test_conversations import conversation, message, owner


async def test_a_branch_is_read_from_its_leaf_upwards(database: Database) -> None:
    user, workspace = await owner(database)
    async with database.transaction() as tx:
        where = await conversation(tx, user, workspace)
        root = await message(tx, where, None, "root")
        left = await message(tx, where, root, "left")
        right = await message(tx, where, root, "right")
        leaf = await message(tx, where, left, "leaf")
        second_root = await message(tx, where, None, "second root")
        page = await branches.branch_page(tx, where, leaf, 10)
        assert [item.text for item in page] == ["leaf", "left", "root"]
        assert [item.siblings for item in page] == [[leaf], [left, right], [root, second_root]]
        assert [item.outcome for item in page] == [None, None, None]
        short = await branches.branch_page(tx, where, leaf, 2)
        assert [item.text for item in short] == ["leaf", "left"]
        assert await branches.newest_leaf(tx, where, root) == leaf
        assert await branches.newest_leaf(tx, where, right) == right
        elsewhere = await conversation(tx, user, workspace)
        assert await branches.newest_leaf(tx, elsewhere, root) is None
        assert await branches.branch_page(tx, elsewhere, leaf, 10) == []


async def test_what_stands_below_is_found_on_the_way_to_a_leaf(database: Database) -> None:
    user, workspace = await owner(database)
    async with database.transaction() as tx:
        where = await conversation(tx, user, workspace)
        root = await message(tx, where, None)
        left = await message(tx, where, root)
        right = await message(tx, where, root)
        leaf = await message(tx, where, left)
        below = branches.below
        assert await below(tx, where, leaf, root, 1) == Below(left, 1)
        assert await below(tx, where, leaf, root, 9) == Below(leaf, 2)
        assert await below(tx, where, leaf, leaf, 3) == Below(leaf, 0)
        assert await below(tx, where, right, root, 9) == Below(right, 1)
        assert await below(tx, where, leaf, right, 1) is None
        elsewhere = await conversation(tx, user, workspace)
        assert await below(tx, elsewhere, leaf, root, 1) is None


async def test_what_is_cut_takes_along_what_follows_it(database: Database) -> None:
    user, workspace = await owner(database)
    other, _ = await owner(database, "bob@example.com")
    async with database.transaction() as tx:
        where = await conversation(tx, user, workspace)
        root = await message(tx, where, None)
        left = await message(tx, where, root)
        right = await message(tx, where, root)
        leaf = await message(tx, where, right)
        for tip in (root, left, right, leaf):
            assert await go_on(tx, where, tip, words=None, expected=None, checked=False, title="x")
        assert await branches.lock(tx, where, user)
        assert not await branches.lock(tx, where, other)
        elsewhere = await conversation(tx, user, workspace)
        assert not await branches.cut(tx, elsewhere, right)
        assert await branches.cut(tx, where, right)
        found = await conversations.find(tx, where, user)
        assert found is not None
        assert found.leaf_message_id == left
        assert [item.id for item in await branches.branch_page(tx, where, left, 10)] == [left, root]
        assert await branches.branch_page(tx, where, leaf, 10) == []
        away = await message(tx, where, None)
        below_left = await message(tx, where, left)
        assert await go_on(
            tx, where, below_left, words=None, expected=None, checked=False, title="x"
        )
        assert await branches.cut(tx, where, below_left)
        found = await conversations.find(tx, where, user)
        assert found is not None
        assert found.leaf_message_id == left  # not the newest of all, which is another branch
        assert await branches.cut(tx, where, away)
        assert await branches.cut(tx, where, root)
        found = await conversations.find(tx, where, user)
        assert found is not None
        assert found.leaf_message_id is None
