"""Quick replies: found by what they say, seen and changed by nobody else."""

import pytest
from msgspec import structs

from server.domain.errors import Conflict
from server.domain.ids import UserId, new_id
from server.persistence import quickreplies
from server.persistence.database import Database, Tx
from server.persistence.quickreplies import QuickReply, QuickReplyContent
from tests.server.accounts.people import somebody

CONTENT = QuickReplyContent(title="Hello", text="Hi there!", category="General")


async def keep(tx: Tx, user: UserId, title: str, **fields: str) -> QuickReply:
    content = structs.replace(CONTENT, title=title, **fields)
    return await quickreplies.add(tx, new_id(), user, content, most=10)


async def titles(tx: Tx, user: UserId, **filters: str) -> list[str]:
    asked = {"search": None, "category": None} | filters
    found = await quickreplies.list_replies(tx, user, **asked, before=None, limit=10)
    return [one.title for one in found]


async def test_a_reply_is_its_creators_alone(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        made = await keep(tx, ada, "Hello")
        assert await quickreplies.find(tx, made.id, ada) == made
        assert await quickreplies.find(tx, made.id, bob) is None
        assert await quickreplies.update(tx, made.id, bob, {"text": "x"}) is None
        assert await quickreplies.remove(tx, made.id, bob) is False
        assert await titles(tx, bob) == []
        changed = await quickreplies.update(tx, made.id, ada, {"title": "Hello", "text": "Hey"})
        assert changed == structs.replace(made, text="Hey")
        assert await quickreplies.remove(tx, made.id, ada) is True
        assert await quickreplies.find(tx, made.id, ada) is None


async def test_titles_are_taken_once(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        await keep(tx, ada, "Hello")
        await keep(tx, bob, "Hello")
        bye = await keep(tx, ada, "Bye")
        with pytest.raises(Conflict) as twice:
            await keep(tx, ada, "Hello")
        with pytest.raises(Conflict) as renamed:
            await quickreplies.update(tx, bye.id, ada, {"title": "Hello"})
    assert twice.value.path == renamed.value.path == "$.title"


async def test_replies_are_found_by_title_text_and_category(database: Database) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        first = await keep(tx, user, "Welcome", text="Thanks for joining", category="Start")
        second = await keep(tx, user, "Thank you", text="You made my day")
        await keep(tx, user, "50% off", text="Only this week", category="Sales")
        assert await titles(tx, user) == ["50% off", "Thank you", "Welcome"]
        assert await titles(tx, user, search="THANK") == ["Thank you", "Welcome"]
        assert await titles(tx, user, search="0%") == ["50% off"]
        assert await titles(tx, user, search="_") == []
        assert await titles(tx, user, search="thank", category="Start") == ["Welcome"]
        older = await quickreplies.list_replies(
            tx, user, search=None, category=None, before=second.id, limit=10
        )
        assert older == [first]
