"""Whatever creators learn, each is told of their own, and of what five have in common: no fan."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from sqlalchemy import text

from knowledge import store
from knowledge.duplicates import fingerprint
from knowledge.network import AIKnowledgeNetwork
from knowledge.redaction import redact
from knowledge.tables import CREATORS_MIN
from server.domain.ids import UserId, new_id
from server.domain.insights import Audience, InsightKind, NewInsight
from server.persistence.database import Database
from tests.knowledge.scene import creator, new, words
from tests.server.accounts.people import TurnedClock

FANS = ("Marie Dupont", "Zoé", "Jean-Luc", "田中", "Иван", "민준")
CONTACTS = ("ada@example.com", "@ada_l", "+33 6 12 34 56 78", "t.me/ada", "www.example.com/a")
SAYINGS = (
    "{fan} buys photos on Fridays.",
    "Write to {contact} before noon, says {fan}.",
    "Photos sell.",
    "Fans who write from {contact} tip twice.",
)
KINDS = (InsightKind.FAN_PREFERENCE, InsightKind.SALES_TACTIC)
CREATORS = CREATORS_MIN + 2


def said(saying: str, fan: str, contact: str, kind: InsightKind) -> NewInsight:
    return new(saying.format(fan=fan, contact=contact), kind=kind, people=(fan,))


lessons = st.builds(
    said,
    st.sampled_from(SAYINGS),
    st.sampled_from(FANS),
    st.sampled_from(CONTACTS),
    st.sampled_from(KINDS),
)


@pytest.fixture
async def creators(database: Database) -> list[UserId]:
    return [await creator(database) for _ in range(CREATORS)]


def drafts() -> list[list[list[NewInsight]]]:
    """What each creator's agents learn; in the last of them all learn the same of different
    fans."""
    drawn: list[list[list[NewInsight]]] = []

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.lists(lessons, max_size=6), min_size=CREATORS, max_size=CREATORS))
    def draw(learned: list[list[NewInsight]]) -> None:
        drawn.append(learned)

    draw()
    same = [
        [said(SAYINGS[1], FANS[place % len(FANS)], CONTACTS[place % len(CONTACTS)], KINDS[0])]
        for place in range(CREATORS)
    ]
    return [*drawn, same]


async def test_nobody_is_told_of_anybody_else(
    database: Database, redis: Redis, creators: list[UserId]
) -> None:
    network = AIKnowledgeNetwork(database, redis, redis, clock=TurnedClock())
    bystander, shared_ever = await creator(database), 0
    for learned in drafts():
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM insights"))
        for who, own in zip(creators, learned, strict=True):
            for one in own:
                await network.broadcast_insight(who, one)
        await network.share()
        for who, own in zip([*creators, bystander], [*learned, []], strict=True):
            for asked in ("", "Marie Dupont photos ada@example.com", "a tip on Friday"):
                told = [
                    *await network.get_relevant_insights(
                        who, text=asked, budget_tokens=10_000, count=words
                    ),
                    *await network.search(who, text=asked, limit=200),
                ]
                for insight in (one.insight for one in told):
                    if insight.audience is Audience.SHARED:
                        shared_ever += 1
                        assert_common(insight.text, insight.kind, learned)
                    else:
                        assert insight.text in {one.text for one in own}
    assert shared_ever


def assert_common(shared: str, kind: InsightKind, learned: list[list[NewInsight]]) -> None:
    """It names no fan and no contact, and five creators have each arrived at it."""
    assert redact(shared, FANS) == shared
    assert not any(part in shared for name in (*FANS, *CONTACTS) for part in name.split())
    print_of = fingerprint(shared)
    writers = [
        own
        for own in learned
        if any(
            one.kind is kind and fingerprint(redact(one.text, one.people)) == print_of
            for one in own
        )
    ]
    assert len(writers) >= CREATORS_MIN


async def test_no_id_leads_to_somebody_elses(
    database: Database, redis: Redis, creators: list[UserId]
) -> None:
    network = AIKnowledgeNetwork(database, redis, redis, clock=TurnedClock())
    kept = [await network.broadcast_insight(who, new(f"Fact {new_id()}.")) for who in creators]
    async with database.snapshot() as tx:
        for place, who in enumerate(creators):
            found = [await store.find(tx, one.id, who) for one in kept]
            assert [one and one.id for one in found] == [
                one.id if other == place else None for other, one in enumerate(kept)
            ]
            listed = await store.list_insights(tx, who, kind=None, before=None, limit=200)
            assert listed == [kept[place]]
