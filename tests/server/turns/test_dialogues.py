"""A dialogue that was read lately is read on, and what is answered is what a fresh read answers."""

from random import Random
from uuid import UUID

import pytest
from sqlalchemy import update

from server.persistence import messages
from server.persistence.conversations import MessageRow
from server.persistence.database import Database
from server.turns.dialogues import KEPT_S, LEAST, Dialogues
from tests.server.persistence.test_messages import conversation, say

FAR = 1_000_000


class Reader:
    """Its clock stands at ``now`` until a test turns it."""

    def __init__(self, database: Database, characters: int = FAR) -> None:
        self._database, self.now = database, 0.0
        self._dialogues = Dialogues(lambda: self.now, characters=characters)

    async def read(
        self, place: UUID, leaf: UUID, *, characters: int = FAR, most: int = 2_000
    ) -> list[str]:
        async with self._database.snapshot() as tx:
            said = await self._dialogues.read(tx, place, leaf, characters=characters, most=most)
        return [one.text for one in said]

    async def fresh(self, leaf: UUID, *, characters: int = FAR, most: int = 2_000) -> list[str]:
        async with self._database.snapshot() as tx:
            found = await messages.branch(tx, leaf, characters=characters, messages=most)
        return [one.text for one in found.said]


async def line(database: Database, place: UUID, texts: list[str], leaf: UUID | None) -> UUID:
    for text in texts:
        leaf = await say(database, place, text, leaf)
    assert leaf is not None
    return leaf


async def rewrite(database: Database, place: UUID) -> None:
    """What never happens, and shows who reads a message anew."""
    async with database.transaction() as tx:
        await tx.execute(
            update(MessageRow).where(MessageRow.conversation_id == place).values(text="rewritten")
        )


BEFORE = [f"{n}" for n in range(LEAST)]


async def test_what_was_read_before_is_not_read_again(database: Database) -> None:
    place, _ = await conversation(database)
    reader = Reader(database)
    leaf = await line(database, place, BEFORE, None)
    assert await reader.read(place, leaf) == BEFORE
    await rewrite(database, place)
    assert await reader.read(place, leaf) == BEFORE
    further = await line(database, place, ["asked", "answered"], leaf)
    assert await reader.read(place, further) == [*BEFORE, "asked", "answered"]
    beside = await line(database, place, ["otherwise"], leaf)
    assert (await reader.read(place, beside))[:2] == ["rewritten", "rewritten"]


@pytest.mark.parametrize("why", ["short", "long ago", "too much"])
async def test_nothing_is_kept(database: Database, why: str) -> None:
    place, _ = await conversation(database)
    texts = BEFORE[1:] if why == "short" else BEFORE
    reader = Reader(database, characters=10 if why == "too much" else FAR)
    leaf = await line(database, place, texts, None)
    await reader.read(place, leaf)
    if why == "long ago":
        other, _ = await conversation(database)
        reader.now += KEPT_S
        await reader.read(other, await line(database, other, ["x"], None))
    await rewrite(database, place)
    assert await reader.read(place, leaf) == ["rewritten"] * len(texts)


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_asked_it_is_what_the_database_says(
    database: Database, seed: int
) -> None:
    chance = Random(seed)
    place, _ = await conversation(database)
    reader = Reader(database, characters=chance.choice([100, 300, FAR]))
    stored = [await line(database, place, [f"{n} " for n in range(LEAST)], None)]
    for step in range(40):
        parent = stored[-1] if chance.random() < 0.7 else chance.choice(stored)
        stored.append(await say(database, place, f"m{step}" * chance.randint(1, 9), parent))
        leaf = stored[-1] if chance.random() < 0.8 else chance.choice(stored)
        bounds = {
            "characters": chance.choice([60, 200, FAR]),
            "most": chance.choice([10, LEAST + 5, 2_000]),
        }
        assert await reader.read(place, leaf, **bounds) == await reader.fresh(leaf, **bounds)
