"""A secret in what is kept of turns is found, and not repeated."""

import pytest
from msgspec.json import encode

from billing.reconcile import check
from server.persistence.database import Database
from tests.billing import books
from tests.billing.invariants.broken import play

SECRETS = ("sk-planted-1234", 'quo"ted\\secret', "short", "")


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        (
            'UPDATE turns SET outcome = outcome || \'{"error": "Bearer sk-planted-1234!"}\''
            " WHERE state = 'failed'",
            "turns.outcome",
        ),
        (
            "UPDATE turns SET outcome = outcome ||"
            ' \'{"error": "quo\\"ted\\\\secret", "other": "short"}\' WHERE state = \'failed\'',
            "turns.outcome",
        ),
        (
            "INSERT INTO dead_letters (entry_id, payload, reason)"
            " VALUES ('1-1', '', 'no: sk-planted-1234')",
            "dead_letters",
        ),
        (
            "INSERT INTO dead_letters (entry_id, payload, reason)"
            " VALUES ('1-1', convert_to('{\"x\": \"sk-planted-1234\"}', 'UTF8'), '')",
            "dead_letters",
        ),
        (
            'UPDATE outbox SET payload = payload || \'{"agent": "sk-planted-1234"}\''
            " WHERE id = (SELECT min(id) FROM outbox)",
            "outbox.payload",
        ),
    ],
)
async def test_a_secret_is_found_where_it_is_kept(
    database: Database, statement: str, place: str
) -> None:
    await play(database)
    assert await check(database, secrets=SECRETS) == []
    await books.run(database, statement.replace(":", "\\:"))
    found = [one for one in await check(database, secrets=SECRETS) if one.name == "I12 secrets"]
    assert [(one.count, one.rows[0]["in"]) for one in found] == [(1, place)]
    assert b"planted" not in encode(found)
