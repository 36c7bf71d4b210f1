"""Users: found by address whatever its case, gone once deleted."""

from sqlalchemy import update

from server.persistence import users
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.accounts.people import START, person, somebody


async def test_a_user_is_found_by_id_and_by_address(database: Database) -> None:
    user = await somebody(database, plan="pro", password_hash="hash")
    async with database.snapshot() as tx:
        found = await users.find(tx, user)
        assert found is not None
        assert (found.email, found.plan, found.role) == ("ada@example.com", "pro", "user")
        assert await users.find_by_email(tx, "ada@example.com") == found
        assert await users.find_by_email(tx, "bob@example.com") is None


async def test_a_deleted_user_is_nobody(database: Database) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(deleted_at=START))
        assert await users.find(tx, user) is None
        assert await users.find_by_email(tx, "ada@example.com") is None


async def test_what_a_host_application_says_of_an_address_makes_nobody_of_ours(
    database: Database,
) -> None:
    await somebody(database)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(issuer="https://host.example", external_id="42"))
        assert await users.find_by_email(tx, "ada@example.com") is None


async def test_a_second_user_with_the_address_is_not_inserted(database: Database) -> None:
    await somebody(database)
    other = person("ADA@EXAMPLE.COM")
    async with database.transaction() as tx:
        inserted = await users.insert_user(
            tx,
            users.NewUser(
                id=other.user_id,
                email=other.email,
                name="x",
                role="user",
                password_hash=None,
                ai_plan=None,
                workspace_id=other.workspace_id,
            ),
        )
        assert inserted is False
        assert await users.find(tx, other.user_id) is None
