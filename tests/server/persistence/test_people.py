"""Users as admins look for them: found by whatever is known of them, tombstones by nothing."""

from typing import Any
from uuid import UUID

from sqlalchemy import text, update

from server.accounts.access import UserRole
from server.domain.ids import new_id
from server.persistence import people, workspaces
from server.persistence.database import Database
from server.persistence.people import PeopleFilter
from server.persistence.users import UserRow
from tests.server.accounts.people import START, somebody


async def alter(database: Database, user: UUID, **values: Any) -> None:
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).where(UserRow.id == user).values(**values))


async def hosted(database: Database, external_id: str, issuer: str, **values: Any) -> UUID:
    """A user of a host application."""
    user = await somebody(database, f"{new_id()}@example.com")
    await alter(database, user, issuer=issuer, external_id=external_id, **values)
    return user


async def found(database: Database, **fits: Any) -> list[UUID]:
    async with database.snapshot() as tx:
        listed = await people.list_people(tx, PeopleFilter(**fits), before=None, limit=50)
    return [person.id for person in listed]


async def test_people_are_searched_by_all_that_is_known_of_them(database: Database) -> None:
    ada = await somebody(database, "ada@example.com", name="Ada")
    bob = await somebody(database, "bob_x@example.com", name="100 % Bob")
    eve = await hosted(database, "42-eve", "https://host.example", name="Eve")
    assert await found(database) == [eve, bob, ada]
    for search, expected in (
        ("ADA@", [ada]),
        ("ob_x", [bob]),
        ("b_b", []),
        ("%", [bob]),
        ("42-", [eve]),
        ("eve", [eve]),
        (str(ada), [ada]),
        (str(new_id()), []),
    ):
        assert await found(database, search=search) == expected, search


async def test_people_are_filtered_and_paged(database: Database) -> None:
    ada = await somebody(database, "ada@example.com")
    bob = await somebody(database, "bob@example.com")
    await alter(database, bob, role="admin", suspended_at=START)
    assert await found(database, role="admin") == [bob]
    assert await found(database, suspended=True) == [bob]
    assert await found(database, suspended=False, role="user") == [ada]
    async with database.snapshot() as tx:
        rest = await people.list_people(tx, PeopleFilter(), before=bob, limit=1)
    assert [person.id for person in rest] == [ada]


async def test_a_tombstone_is_nobody(database: Database) -> None:
    gone = await hosted(database, "42", "https://host.example", deleted_at=START)
    async with database.snapshot() as tx:
        assert await people.find(tx, gone) is None
        assert await people.find_external(tx, "42", None) == []
    assert await found(database) == []


async def test_an_external_id_means_one_user_of_an_issuer(database: Database) -> None:
    one = await hosted(database, "42", "https://one.example")
    two = await hosted(database, "42", "https://two.example")
    async with database.snapshot() as tx:
        assert await people.find_external(tx, "42", "https://two.example") == [two]
        assert await people.find_external(tx, "42", None) == [one, two]
        assert await people.find_external(tx, "4", None) == []


async def test_only_admins_who_may_act_count(database: Database) -> None:
    active = await somebody(database, "a@example.com", role=UserRole.ADMIN)
    for number, column in enumerate(("suspended_at", "deletion_requested_at", "deleted_at")):
        other = await somebody(database, f"{number}@example.com", role=UserRole.ADMIN)
        await alter(database, other, **{column: START})
    await somebody(database, "user@example.com")
    async with database.transaction() as tx:
        assert await people.lock_admins(tx) == {active}


async def test_memberships_and_keys_are_those_that_are_left(database: Database) -> None:
    user, shared, closed = await somebody(database), new_id(), new_id()
    async with database.transaction() as tx:
        await workspaces.insert_workspace(tx, shared, "Shared", personal=False)
        await workspaces.insert_workspace(tx, closed, "Closed", personal=False)
        await workspaces.insert_member(tx, shared, user, "member")
        await workspaces.insert_member(tx, closed, user, "owner")
        await tx.execute(
            text("UPDATE workspaces SET deleted_at = now() WHERE id = :id"), {"id": closed}
        )
        listed = await people.list_memberships(tx, user)
        assert await people.count_valid_keys(tx, user, START) == 0
    assert [(each.name, each.personal, each.role) for each in listed] == [
        ("Ada", True, "owner"),
        ("Shared", False, "member"),
    ]
