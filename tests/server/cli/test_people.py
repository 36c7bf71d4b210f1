"""What commands do with users."""

import pytest

from server.cli import people
from server.cli.people import Person
from server.domain.errors import NotFound
from server.persistence.database import Database
from server.settings import load

SETTINGS = load({"PUBLIC_URL": "https://chat.example.com", "SIGNUP_CREDITS": "1"})


async def test_a_person_is_found_however_the_address_is_written(database: Database) -> None:
    made = await people.create(database, SETTINGS, Person(email="Ada@Example.com"))
    async with database.snapshot() as tx:
        found = await people.find(tx, " ADA@example.COM")
        assert (found.id, found.name, found.role) == (made, "ada", "user")
        with pytest.raises(NotFound, match=r"bob@example\.com"):
            await people.find(tx, "bob@example.com")
    link = await people.link(database, SETTINGS, made)
    assert link.startswith("https://chat.example.com/sign-in#cl_")
