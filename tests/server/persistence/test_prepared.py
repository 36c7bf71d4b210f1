"""A prepared statement: parameters by name, values as they are, within the caller's transaction."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound

from server.domain.ids import new_id
from server.persistence.database import Database, Tx
from server.persistence.prepared import Prepared, as_json
from tests.billing.support import uses_of

INSERT = Prepared("INSERT INTO workspaces (id, name, personal) VALUES (:id, :name, true)")
COUNT = Prepared("SELECT count(*) FROM workspaces")


def test_parameters_are_numbered_in_their_order_and_casts_are_left_alone() -> None:
    statement = Prepared("SELECT :b::bigint, CAST(:a AS text), :b")
    assert statement.sql == "SELECT $1::bigint, CAST($2 AS text), $1"


async def test_every_parameter_is_given_by_its_name(database: Database) -> None:
    statement = Prepared("SELECT CAST(:b AS text) || CAST(:a AS text)")
    async with database.snapshot() as tx:
        assert await statement.value(tx, a="A", b="B") == "BA"
        with pytest.raises(KeyError):
            await statement.value(tx, a="A", c="B")
        with pytest.raises(TypeError):
            await statement.value(tx, a="A", b="B", c="C")


async def test_values_come_back_as_they_went(database: Database) -> None:
    values: dict[str, object] = {
        "id": uuid4(),
        "at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "day": date(2026, 3, 1),
        "n": 2**63 - 1,
        "data": b"\x00\xff",
        "ids": [uuid4(), uuid4()],
        "none": None,
    }
    statement = Prepared("""
    SELECT CAST(:id AS uuid) AS id, CAST(:at AS timestamptz) AS at, CAST(:day AS date) AS day,
           CAST(:n AS bigint) AS n, CAST(:data AS bytea) AS data, CAST(:ids AS uuid[]) AS ids,
           CAST(:none AS text) AS none
    """)
    async with database.snapshot() as tx:
        assert dict(await statement.row(tx, **values)) == values


@pytest.mark.parametrize("value", [{"a": [1, None, "\u00e9"]}, [], "text", 1, None])
async def test_json_goes_as_text_and_comes_back_decoded(database: Database, value: object) -> None:
    statement = Prepared("SELECT CAST(:value AS jsonb)")
    async with database.snapshot() as tx:
        assert await statement.value(tx, value=as_json(value)) == value


async def test_it_shares_its_transaction_with_sqlalchemy(database: Database) -> None:
    id_ = new_id()
    async with database.transaction() as tx:
        await INSERT.run(tx, id=id_, name="one")
        await tx.execute(text("UPDATE workspaces SET name = 'two'"))
        assert await Prepared("SELECT name FROM workspaces").value(tx) == "two"
        assert [row["id"] for row in await Prepared("SELECT id FROM workspaces").rows(tx)] == [id_]
        async with database.snapshot() as other:
            assert await COUNT.value(other) == 0
            assert await Prepared("SELECT id FROM workspaces").row(other) is None


async def test_a_row_that_has_to_be_there_is_missed(database: Database) -> None:
    async with database.snapshot() as tx:
        assert (await COUNT.one(tx))["count"] == 0
        with pytest.raises(NoResultFound):
            await Prepared("SELECT id FROM workspaces").one(tx)


async def test_a_single_statement_is_its_own_transaction_in_one_round_trip(
    database: Database,
) -> None:
    async def insert(tx: Tx) -> None:
        await INSERT.run(tx, id=new_id(), name="kept")

    with uses_of(database) as uses:
        await database.single(insert)
    assert uses == [[INSERT.sql]]
    async with database.snapshot() as tx:
        assert await COUNT.value(tx) == 1


async def test_a_long_answer_comes_in_pieces(database: Database) -> None:
    numbers = Prepared("SELECT generate_series(1, :most) AS n")
    async with database.snapshot() as tx:
        pieces = [[row["n"] for row in rows] async for rows in numbers.batches(tx, 2, most=5)]
    assert pieces == [[1, 2], [3, 4], [5]]
