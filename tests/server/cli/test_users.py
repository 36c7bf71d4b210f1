"""`user create` and `user link`."""

from uuid import UUID

from sqlalchemy import select

from billing.tables import AccountRow
from server.accounts.passwords import Passwords
from server.accounts.tickets import Tickets
from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence import logins, people, users
from server.persistence.database import Database
from tests.server.cli.commands import Operator, noted


async def test_a_user_is_made_with_credits_and_can_sign_in(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated, SIGNUP_CREDITS="250")
    made = await operator.json(
        "user", "create", "--email", "Ada@Example.com", "--password", "correct horse",
        "--role", "admin", "--plan", "pro",
    )  # fmt: skip
    assert set(made) == {"id", "email"}
    assert made["email"] == "ada@example.com"
    async with database.snapshot() as tx:
        found = await users.find_by_email(tx, "ada@example.com")
        login = await logins.find_by_email(tx, "ada@example.com")
        balance = await tx.scalar(select(AccountRow.balance))
    assert found is not None
    assert (str(found.id), found.role, found.plan, found.name) == (
        made["id"],
        "admin",
        "pro",
        "ada",
    )
    assert balance == 250_000_000
    assert login is not None
    assert await Passwords().verify("correct horse", login.password_hash)
    (entry,) = await noted(database)
    assert (entry.action, entry.target_id) == ("user.create", made["id"])
    assert entry.after == {"role": "admin", "plan": "pro"}


async def test_without_a_password_a_link_is_printed_that_signs_in(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    printed = (await operator.run("user", "create", "--email", "ada@example.com")).stdout
    again = (await operator.run("user", "link", "--email", "ADA@example.com")).stdout.strip()
    first = printed.split()[-1]
    assert first != again
    for link in (first, again):
        origin, _, secret = link.partition("/sign-in#")
        assert origin == "https://chat.example.com"
        async with database.transaction() as tx:
            user = await Tickets(clock=utc_now).use_link(tx, secret)
            assert (await users.find(tx, user)) is not None
    entries = await noted(database)
    assert [entry.action for entry in entries] == ["user.create", "user.link", "user.link"]
    assert first.rpartition("#")[2] not in repr(entries)


async def test_json_prints_no_secret_and_one_object(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    made = await operator.json("user", "create", "--email", "ada@example.com", "--name", "Ada")
    assert set(made) == {"id", "email"}
    link = await operator.json("user", "link", "--email", "ada@example.com")
    assert set(link) == {"url"}


async def test_what_cannot_be_is_said_in_one_line(migrated: EngineUrls, database: Database) -> None:
    operator = Operator(migrated)
    create = ("user", "create", "--email")
    await operator.json(*create, "ada@example.com")
    assert "Somebody has" in await operator.refused(*create, "ADA@example.com")
    assert "e-mail" in await operator.refused(*create, "nonsense")
    short = await operator.refused(*create, "bob@example.com", "--password", "short")
    assert "8 to 200" in short
    assert "no user" in await operator.refused("user", "link", "--email", "bob@example.com")
    assert "--role" in await operator.refused(*create, "bob@example.com", "--role", "root")


async def test_users_are_listed_suspended_and_promoted(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    ada = await operator.json("user", "create", "--email", "ada@example.com")
    bob = await operator.json("user", "create", "--email", "bob@example.com", "--role", "admin")
    listed = (await operator.json("user", "list"))["items"]
    assert [item["email"] for item in listed] == ["bob@example.com", "ada@example.com"]
    assert [i["id"] for i in (await operator.json("user", "list", "--role", "user"))["items"]] == [
        ada["id"]
    ]
    assert "last admin" in await operator.refused("user", "suspend", "bob@example.com")
    assert "last admin" in await operator.refused("user", "role", bob["id"], "user")
    done = {"id": ada["id"], "changed": True}
    assert await operator.json("user", "suspend", "ada@example.com") == done
    assert "suspended" in (await operator.run("user", "list", "--suspended")).stdout
    again = {"id": ada["id"], "changed": False}
    assert await operator.json("user", "suspend", ada["id"]) == again
    assert await operator.json("user", "resume", ada["id"]) == done
    assert await operator.json("user", "role", "ADA@example.com", "admin") == done
    assert "no user" in await operator.refused("user", "suspend", "eve@example.com")
    assert "no such user" in await operator.refused("user", "suspend", "external:42")
    actions = [entry.action for entry in (await noted(database))[2:]]
    assert actions == ["user.suspend", "user.resume", "user.role"]


async def test_a_user_is_deleted_once_it_is_confirmed(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    ada = await operator.json("user", "create", "--email", "ada@example.com")
    await operator.json("user", "create", "--email", "bob@example.com", "--role", "admin")
    assert "Aborted" in await operator.refused("user", "delete", "ada@example.com")
    assert "last admin" in await operator.refused("user", "delete", "bob@example.com", "--yes")
    for _ in range(2):  # again changes nothing
        gone = await operator.json("user", "delete", ada["id"], "--yes")
        assert gone == {"id": ada["id"]}
    async with database.snapshot() as tx:
        found = await people.find(tx, UUID(ada["id"]))
    assert found is not None
    assert found.deletion_requested_at is not None
    assert [entry.action for entry in await noted(database)][2:] == ["user.delete"]
