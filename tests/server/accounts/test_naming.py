"""Whoever is named is meant, and nobody else."""

import pytest

from server.accounts.naming import find_user
from server.domain.errors import Invalid, NotFound
from server.domain.ids import new_id
from server.persistence.database import Database
from tests.server.persistence.test_people import hosted


async def test_a_user_is_named_by_id_or_by_what_the_host_application_calls_them(
    database: Database,
) -> None:
    awkward = "auth0|a/b:c d"
    user = await hosted(database, awkward, "https://host.example")
    async with database.snapshot() as tx:
        assert await find_user(tx, str(user)) == user
        assert await find_user(tx, f"external:{awkward}") == user
        assert await find_user(tx, f"external:{awkward}", issuer="https://host.example") == user
        unknown = new_id()
        assert await find_user(tx, str(unknown)) == unknown
        for name in (
            "external:",
            "external:42",
            awkward,
            "",
            "me",
            "external:4\x002",
            "external:\ud800",
        ):
            with pytest.raises(NotFound):
                await find_user(tx, name)
        with pytest.raises(NotFound):
            await find_user(tx, f"external:{awkward}", issuer="https://other.example")


async def test_of_two_host_applications_one_must_be_named(database: Database) -> None:
    one = await hosted(database, "42", "https://one.example")
    await hosted(database, "42", "https://two.example")
    async with database.snapshot() as tx:
        with pytest.raises(Invalid) as refused:
            await find_user(tx, "external:42")
        assert refused.value.path == "$query.issuer"
        assert await find_user(tx, "external:42", issuer="https://one.example") == one
