"""Which failures are waited out: told apart on the errors that the real engines raise."""

from ssl import SSLCertVerificationError

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from billing.consumers.failures import is_transient, reason_of
from server.domain.errors import ServiceUnavailable
from server.persistence.database import Database
from server.persistence.prepared import Prepared


async def error_of(database: Database, statement: str, **values: object) -> BaseException:
    with pytest.raises((DBAPIError, ServiceUnavailable)) as raised:
        async with database.transaction() as tx:
            await tx.execute(text(statement), values)
    return raised.value


@pytest.mark.parametrize(
    ("statement", "values", "transient"),
    [
        ("SELECT CAST(:n AS bigint)", {"n": 2**70}, False),
        ("SELECT 9223372036854775807 + 1 :: bigint", {}, False),
        ("SELECT CAST(:t AS text)", {"t": "a\x00b"}, False),
        ("INSERT INTO accounts (id, kind, owner_id, balance) "
         "VALUES (gen_random_uuid(), 'user', gen_random_uuid(), -1)", {}, False),
        ("SELECT * FROM no_such_table", {}, True),
        ("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$", {}, True),
        ("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '55P03'; END $$", {}, True),
        ("SELECT pg_terminate_backend(pg_backend_pid())", {}, True),
    ],
)  # fmt: skip
async def test_the_databases_errors_are_told_apart(
    database: Database, statement: str, values: dict[str, object], transient: bool
) -> None:
    assert is_transient(await error_of(database, statement, **values)) is transient


def test_lost_connections_are_waited_out_and_bugs_are_not() -> None:
    assert is_transient(RedisConnectionError("gone"))
    assert is_transient(TimeoutError())
    assert not is_transient(KeyError("creatorId"))


def test_a_certificate_that_is_refused_is_no_fault_of_the_event() -> None:
    away = ServiceUnavailable("The database does not answer.")
    away.__cause__ = SSLCertVerificationError("certificate has expired")
    assert is_transient(away)


async def test_a_reason_names_what_the_database_said(database: Database) -> None:
    async with database.glances() as tx:
        with pytest.raises(DBAPIError) as raised:
            await Prepared("SELECT 1 / 0").run(tx)
    assert reason_of(raised.value) == "DivisionByZeroError: division by zero"


def test_a_reason_is_one_bounded_line() -> None:
    assert reason_of(ValueError("first\nsecond")) == "ValueError: first"
    assert len(reason_of(ValueError("x" * 10_000))) == 500


async def test_a_reason_can_always_be_written(database: Database) -> None:
    reason = reason_of(ValueError("a\x00b\ud800c\udfff"))
    assert reason == "ValueError: a\ufffdb\ufffdc\ufffd"
    async with database.transaction() as tx:
        assert await tx.scalar(text("SELECT CAST(:reason AS text)"), {"reason": reason}) == reason
