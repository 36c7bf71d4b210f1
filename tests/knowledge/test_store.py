"""Insights in the database: kept whole, merged, found by their words, taken back for good."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from knowledge import store
from knowledge.decay import DECAYED, decayed
from knowledge.ranking import rank
from server.domain.clock import utc_now
from server.domain.errors import Forbidden, NotFound
from server.domain.ids import new_id
from server.domain.insights import Insight, InsightKind, NewInsight
from server.persistence import leaving
from server.persistence.database import Database
from tests.knowledge.scene import creator, new
from tests.server.accounts.people import START

MONTH = timedelta(days=30)


async def add(database: Database, who: UUID, one: NewInsight, **fields: Any) -> Insight:
    async with database.transaction() as tx:
        return await store.add(tx, new_id(), who, one, fields.pop("now", START), **fields)


async def found(database: Database, who: UUID, asked: str, *kinds: InsightKind) -> list[str]:
    async with database.snapshot() as tx:
        candidates = await store.candidates(tx, who, kinds or tuple(InsightKind), asked, START)
    return [one.insight.text for one in rank(candidates, START)]


async def test_an_insight_is_kept_with_all_that_was_said_of_it(database: Database) -> None:
    who = await creator(database)

    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.sampled_from(InsightKind),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
        st.floats(0, 1),
        st.sampled_from(["", "en", "fr", "ja", "tr"]),
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | st.none()),
        st.lists(st.sampled_from(["captions", "É", "a b"]), unique=True),
    )
    def check(
        kind: InsightKind,
        said: str,
        confidence: float,
        language: str,
        data: dict[str, Any],
        tags: list[str],
    ) -> None:
        one = new(said, confidence, kind=kind, language=language, data=data, tags=tuple(tags))
        drafts.append(one)

    drafts: list[NewInsight] = []
    check()
    for one in drafts:
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM insights"))
            kept = await store.add(tx, new_id(), who, one, START)
            assert await store.find(tx, kept.id, who) == kept
            assert await store.list_insights(tx, who, kind=one.kind, before=None, limit=9) == [kept]
        for field in structs.fields(NewInsight):
            if field.name != "people":
                assert getattr(kept, field.name) == getattr(one, field.name)
        assert (kept.confidence_at, kept.creators, kept.seen) == (START, 1, 1)


async def test_whose_it_is_and_what_it_is_about_say_who_finds_it(database: Database) -> None:
    who, other = await creator(database), await creator(database)
    mine = await add(database, who, new("Fans love photos.", kind=InsightKind.FAN_PREFERENCE))
    await add(database, who, new("Photos sell.", kind=InsightKind.SALES_TACTIC))
    await add(database, other, new("Others have photos."))
    assert await found(database, who, "photos", InsightKind.FAN_PREFERENCE) == [mine.text]
    assert len(await found(database, who, "photos")) == 2
    async with database.snapshot() as tx:
        assert await store.find(tx, mine.id, other) is None
        listed = await store.list_insights(tx, other, kind=None, before=None, limit=9)
    assert [one.text for one in listed] == ["Others have photos."]


async def test_pages_of_a_list_come_newest_first(database: Database) -> None:
    who = await creator(database)
    kept = [await add(database, who, new(f"Fact {number}.")) for number in range(3)]
    async with database.snapshot() as tx:
        first = await store.list_insights(tx, who, kind=None, before=None, limit=2)
        rest = await store.list_insights(tx, who, kind=None, before=first[-1].id, limit=2)
    assert [*first, *rest] == kept[::-1]


@pytest.mark.parametrize(
    ("language", "said", "asked"),
    [
        ("en", "Longer captions sold better.", "Write a caption that sells"),
        ("fr", "Les légendes courtes plaisent.", "une légende courte"),
        ("de", "Abends antworten mehr Abonnenten.", "Was antwortet der Abonnent?"),
        ("es", "Las fotos nocturnas venden.", "vender una foto nocturna"),
        ("", "Patreon tiers double.", "patreon"),
        ("ja", "夜 投稿 伸びる", "夜"),
    ],
)
async def test_words_are_found_as_their_language_bends_them(
    database: Database, language: str, said: str, asked: str
) -> None:
    who = await creator(database)
    await add(database, who, new("Nothing of that kind.", 1.0, language="en"))
    await add(database, who, new(said, 0.4, language=language))
    assert (await found(database, who, asked))[0] == said


async def test_tags_are_found_too_and_more_words_are_found_better(database: Database) -> None:
    who = await creator(database)
    await add(database, who, new("Evenings are best.", tags=("tiktok", "video")))
    await add(database, who, new("Video works."))
    await add(database, who, new("Mornings are quiet."))
    assert await found(database, who, "a tiktok video") == [
        "Evenings are best.",
        "Video works.",
        "Mornings are quiet.",
    ]


@pytest.mark.parametrize(
    "asked", ["", "  ", "\0", "' & | ! ( :* <-> \\", "the of and", "x" * 9_999]
)
async def test_whatever_is_asked_something_is_answered(database: Database, asked: str) -> None:
    who = await creator(database)
    await add(database, who, new("Short captions sell."))
    assert await found(database, who, asked) == ["Short captions sell."]


async def test_the_same_again_is_one_insight_as_sure_as_the_surer(database: Database) -> None:
    who = await creator(database)
    first = await add(database, who, new("Short captions sell.", 0.5, data={"a": 1}, tags=("x",)))
    later = START + MONTH
    again = await add(
        database, who, new("short captions sell", 0.7, data={"b": 2}, tags=("y",)), now=later
    )
    assert again == structs.replace(
        first,
        confidence=0.7,
        confidence_at=later,
        data={"a": 1, "b": 2},
        tags=("x", "y"),
        seen=2,
    )
    weaker = await add(database, who, new("Short captions sell!", 0.1), now=later + MONTH)
    assert weaker.confidence == pytest.approx(0.7 * 0.8)


async def test_of_many_at_once_that_say_the_same_one_is_kept(database: Database) -> None:
    who = await creator(database)
    kept = await asyncio.gather(*(add(database, who, new()) for _ in range(6)))
    assert {one.id for one in kept} == {kept[0].id}
    assert sorted(one.seen for one in kept) == [1, 2, 3, 4, 5, 6]


async def test_one_that_is_written_twice_by_the_same_hand_is_written_once(
    database: Database,
) -> None:
    who, id = await creator(database), new_id()
    for _ in range(2):
        async with database.transaction() as tx:
            kept = await store.add(tx, id, who, new(), START)
        assert (kept.id, kept.seen) == (id, 1)


async def test_what_took_its_place_is_found_instead(database: Database) -> None:
    who, other = await creator(database), await creator(database)
    old = await add(database, who, new("Post at 18:00."))
    better = await add(database, who, new("Post at 19:00."), supersedes=old.id)
    assert await found(database, who, "post") == [better.text]
    async with database.snapshot() as tx:
        kept = await store.find(tx, old.id, who)
    assert kept is not None
    assert kept.superseded_by == better.id
    await add(database, who, new("Much later."), now=START + 4 * MONTH)
    async with database.snapshot() as tx:
        assert await store.find(tx, old.id, who) is None
        assert await store.find(tx, better.id, who) == better
    for stranger, gone in ((who, old.id), (other, better.id)):
        with pytest.raises(NotFound):
            await add(database, stranger, new("Post at 20:00."), supersedes=gone)


async def test_what_was_taken_back_is_not_learned_again_for_ninety_days(
    database: Database,
) -> None:
    who, other = await creator(database), await creator(database)
    kept = await add(database, who, new())
    async with database.transaction() as tx:
        assert not await store.retract(tx, kept.id, other, START)
        assert await store.retract(tx, kept.id, who, START)
        assert not await store.retract(tx, kept.id, who, START)
    assert await found(database, who, "captions") == []
    again = await add(database, who, new(), now=START + MONTH)
    assert (again.id, again.retracted_at) == (kept.id, START)
    await add(database, who, new("Another."), now=START + 4 * MONTH)
    assert (await add(database, who, new(), now=START + 4 * MONTH)).retracted_at is None


async def test_outcomes_move_confidence_from_what_is_left_of_it_and_count_once(
    database: Database,
) -> None:
    who, other = await creator(database), await creator(database)
    kept = await add(database, who, new(confidence=0.5))
    later = START + MONTH

    async def note(key: str, helped: bool, by: UUID = who) -> Insight | None:
        async with database.transaction() as tx:
            return await store.note_outcome(tx, kept.id, by, key=key, helped=helped, now=later)

    assert await note("a", True, other) is None
    up = await note("a", True)
    assert up is not None
    assert up.confidence == pytest.approx(0.4 + 0.2 * 0.6)
    assert (up.helped, up.hindered, up.confidence_at) == (1, 0, later)
    assert await note("a", False) == up
    down = await note("b", False)
    assert down is not None
    assert down.confidence == pytest.approx(up.confidence * 0.8)
    assert (down.helped, down.hindered) == (1, 1)


async def test_the_database_fades_confidence_as_we_do(database: Database) -> None:
    who = await creator(database)
    for confidence in (0.0, 0.3, 1.0):
        await add(database, who, new(f"{confidence}", confidence))
    query = text(f"SELECT confidence, {DECAYED} FROM insights")
    for days in (-1.0, 0.0, 0.5, 30.0, 365.0, 20_000.0):
        now = START + timedelta(days=days)
        async with database.snapshot() as tx:
            for confidence, left in await tx.execute(query, {"now": now}):
                assert left == pytest.approx(decayed(confidence, START, now))


@pytest.mark.parametrize(
    "change",
    ["confidence = 1.01", "confidence = 'NaN'", "audience = 'shared'", "user_id = NULL"],
)
async def test_what_must_never_be_is_refused(database: Database, change: str) -> None:
    who = await creator(database)
    await add(database, who, new())
    with pytest.raises(IntegrityError):
        async with database.transaction() as tx:
            await tx.execute(text(f"UPDATE insights SET {change}"))


async def test_who_leaves_takes_their_insights_along(database: Database) -> None:
    who, other = await creator(database), await creator(database)
    kept = await add(database, who, new())
    await add(database, other, new())
    async with database.transaction() as tx:
        await store.note_outcome(tx, kept.id, who, key="a", helped=True, now=START)
        await leaving.mark(tx, who, utc_now())
    with pytest.raises(Forbidden):
        await add(database, who, new("Too late."))
    async with database.transaction() as tx:
        assert await leaving.bury(tx, who, utc_now())
        left = (await tx.execute(text("SELECT user_id FROM insights"))).scalars().all()
        assert await tx.scalar(text("SELECT count(*) FROM insight_feedback")) == 0
    assert left == [other]
