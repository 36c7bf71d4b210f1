"""A creator has room for so many insights: which go, and which stays whatever it is."""

from sqlalchemy import text

from knowledge import store
from knowledge.ranking import rank
from server.domain.ids import UserId
from server.domain.insights import InsightKind
from server.persistence.database import Database
from tests.knowledge.scene import creator, new
from tests.knowledge.test_store import add
from tests.server.accounts.people import START


async def facts(database: Database, who: UserId, most: int) -> None:
    """So many insights, of middling confidence."""
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO insights (id, user_id, audience, kind, source, text, language,"
                " confidence, confidence_at, data, tags, people, fingerprint, shape)"
                " SELECT gen_random_uuid(), :who, 'own', 'sales_tactic', 'x', 'Fact ' || i, 'en',"
                " 0.5, :now, '{}', '[]', '[]', sha256(int4send(i)), '' "
                "FROM generate_series(1, CAST(:most AS int)) AS i"
            ),
            {"who": who, "now": START, "most": most},
        )


async def test_beyond_so_many_the_weakest_go(
    database: Database,
) -> None:
    who = await creator(database)
    weak = await add(database, who, new("Weak.", 0.1))
    await facts(database, who, store.KEEP - 1)
    await add(database, who, new("Strong."))
    async with database.snapshot() as tx:
        assert await store.find(tx, weak.id, who) is None
        count = await tx.scalar(text("SELECT count(*) FROM insights WHERE user_id IS NOT NULL"))
        candidates = await store.candidates(tx, who, tuple(InsightKind), "strong", START)
    assert count == store.KEEP
    assert len(candidates) == store.CANDIDATES
    assert rank(candidates, START)[0].insight.text == "Strong."


async def test_what_was_just_said_is_kept_however_weak_it_is(database: Database) -> None:
    who = await creator(database)
    await facts(database, who, store.KEEP)
    first = await add(database, who, new("Weak.", 0.1))
    second = await add(database, who, new("As weak.", 0.1))
    async with database.snapshot() as tx:
        assert await store.find(tx, first.id, who) is None
        assert await store.find(tx, second.id, who) == second
        count = await tx.scalar(text("SELECT count(*) FROM insights WHERE user_id IS NOT NULL"))
    assert count == store.KEEP
