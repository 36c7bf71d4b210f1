"""So many of a thing and no more, also when they are made at the same time."""

import asyncio

import pytest

from server.domain.errors import Conflict
from server.domain.ids import UserId, new_id
from server.persistence import quickreplies
from server.persistence.database import Database
from server.persistence.quickreplies import QuickReplyContent
from tests.server.accounts.people import somebody


async def make(database: Database, user: UserId, title: str, most: int) -> None:
    content = QuickReplyContent(title=title, text="Hello!", category="General")
    async with database.transaction() as tx:
        await quickreplies.add(tx, new_id(), user, content, most=most)


async def test_of_many_made_at_once_only_so_many_are_let_through(database: Database) -> None:
    user = await somebody(database)
    made = await asyncio.gather(
        *(make(database, user, str(number), 3) for number in range(8)), return_exceptions=True
    )
    refused = [each for each in made if isinstance(each, Conflict)]
    assert (made.count(None), len(refused)) == (3, 5)
    assert all(
        one.metadata == {"limit": 3, "scope": "quick replies"} and "(3)" in one.message
        for one in refused
    )


async def test_what_others_have_takes_no_room(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    await make(database, ada, "hello", 1)
    await make(database, bob, "hello", 1)
    with pytest.raises(Conflict):
        await make(database, bob, "bye", 1)
