"""Nothing crosses creators but what several have learned by themselves, without people."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from knowledge import sharing, store
from knowledge.duplicates import words_of
from knowledge.tables import CREATORS_MIN
from server.domain.ids import UserId, new_id
from server.domain.insights import Audience, Insight, InsightKind, NewInsight
from server.persistence.database import Database
from tests.knowledge.scene import creator, new
from tests.server.accounts.people import START

NAMES = ("Ada", "Berta", "Cleo", "Dora", "Elsa", "Fay")


@pytest.fixture
async def creators(database: Database) -> list[UserId]:
    return [await creator(database) for _ in NAMES]


async def learn(database: Database, who: UUID, *learned: NewInsight) -> list[Insight]:
    async with database.transaction() as tx:
        return [await store.add(tx, new_id(), who, one, START) for one in learned]


async def share(database: Database, days: float = 0) -> list[Insight]:
    """What all read afterwards."""
    now = START + timedelta(days=days)
    async with database.transaction() as tx:
        count = await sharing.share(tx, now)
        found = await store.candidates(tx, new_id(), tuple(InsightKind), "", now)
    assert len(found) == count
    return [one.insight for one in found]


async def test_what_five_have_learned_is_told_to_all_as_the_mean_of_what_they_think(
    database: Database, creators: list[UserId]
) -> None:
    for number, who in enumerate(creators[:CREATORS_MIN]):
        assert await share(database) == []
        said = new(f"{NAMES[number]} tips after photos.", number / 10, people=(NAMES[number],))
        await learn(database, who, said)
    (shared,) = await share(database)
    assert shared.text == "[fan] tips after photos."
    assert shared.audience is Audience.SHARED
    assert (shared.creators, shared.data, shared.tags) == (CREATORS_MIN, {}, ())
    assert shared.confidence == pytest.approx(0.2)
    async with database.snapshot() as tx:
        assert await store.find(tx, shared.id, creators[-1]) == shared
    (later,) = await share(database, days=30)
    assert later.id == shared.id
    assert later.confidence == pytest.approx(0.16)


async def test_one_creator_who_repeats_is_one(database: Database, creators: list[UserId]) -> None:
    for name in NAMES:
        await learn(database, creators[0], new(f"{name} tips.", people=(name,)))
    assert await share(database) == []


async def test_what_fewer_say_is_no_longer_told(database: Database, creators: list[UserId]) -> None:
    kept = [(await learn(database, who, new()))[0] for who in creators[:CREATORS_MIN]]
    assert len(await share(database)) == 1
    async with database.transaction() as tx:
        await store.retract(tx, kept[0].id, creators[0], START)
    assert await share(database) == []


async def test_of_two_at_the_same_time_both_find_the_same(
    database: Database, creators: list[UserId]
) -> None:
    for who in creators:
        await learn(database, who, new(), new("Evenings are best."))

    async def run() -> int:
        async with database.transaction() as tx:
            return await sharing.share(tx, START)

    assert await asyncio.gather(*(run() for _ in range(3))) == [2, 2, 2]


async def test_no_word_crosses_that_fewer_than_five_have_written(
    database: Database, creators: list[UserId]
) -> None:
    drafts: list[list[list[str]]] = []

    @settings(
        max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.lists(
            st.lists(st.sampled_from(["Ada sells", "ada SELLS!", "Berta sells", "It sells 5"])),
            min_size=len(NAMES),
            max_size=len(NAMES),
        )
    )
    def draw(texts: list[list[str]]) -> None:
        drafts.append(texts)

    draw()
    drafts.append([["Ada sells"]] * len(NAMES))
    told = 0
    for texts in drafts:
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM insights"))
        for who, said in zip(creators, texts, strict=True):
            await learn(database, who, *(new(one) for one in said))
        for shared in await share(database):
            told += 1
            for word in words_of(shared.text):
                writers = [said for said in texts if any(word in words_of(one) for one in said)]
                assert len(writers) >= CREATORS_MIN
    assert told
