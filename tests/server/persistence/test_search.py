"""Searching finds one's own words, newest first, and nobody else's."""

from server.domain.ids import new_id
from server.persistence import conversations
from server.persistence.database import Database
from server.persistence.search import BEFORE_CHARACTERS, SNIPPET_CHARACTERS, search_messages
from tests.server.accounts.people import START
from tests.server.persistence.test_conversations import conversation, message, owner


async def test_every_word_must_occur_in_whatever_case(database: Database) -> None:
    user, workspace = await owner(database)
    async with database.transaction() as tx:
        where = await conversation(tx, user, workspace, "Prices")
        await message(tx, where, None, "The PRICE of apples")
        await message(tx, where, None, "A price, 100% of it: apples_pears")
        await message(tx, where, None, "No fruit")
    async with database.snapshot() as tx:
        found = await search_messages(tx, user, "apples price", 10)
        assert [hit.snippet for hit in found] == [
            "A price, 100% of it: apples_pears",
            "The PRICE of apples",
        ]
        assert (found[0].title, found[0].role) == ("Prices", "user")
        assert len(await search_messages(tx, user, "price", 1)) == 1
        assert len(await search_messages(tx, user, "100% apples_", 9)) == 1
        assert await search_messages(tx, user, "%", 9) != []
        assert await search_messages(tx, user, "  ", 9) == []


async def test_others_and_deleted_conversations_are_not_searched(database: Database) -> None:
    user, workspace = await owner(database)
    other, elsewhere = await owner(database, "eve@example.com")
    async with database.transaction() as tx:
        mine = await conversation(tx, user, workspace)
        theirs = await conversation(tx, other, elsewhere)
        gone = await conversation(tx, user, workspace)
        for where in (mine, theirs, gone):
            await message(tx, where, None, f"secret {new_id()}")
        await conversations.remove(tx, gone, user, START)
    async with database.snapshot() as tx:
        assert len(await search_messages(tx, user, "secret", 9)) == 1


async def test_a_snippet_begins_a_little_before_the_word(database: Database) -> None:
    user, workspace = await owner(database)
    async with database.transaction() as tx:
        where = await conversation(tx, user, workspace)
        await message(tx, where, None, "x" * 1_000 + "needle" + "y" * 1_000)
    async with database.snapshot() as tx:
        (hit,) = await search_messages(tx, user, "NEEDLE", 9)
    assert len(hit.snippet) == SNIPPET_CHARACTERS
    assert hit.snippet.index("needle") == BEFORE_CHARACTERS
