"""`keys create`."""

from datetime import UTC, datetime
from uuid import UUID

from server.accounts.tokens import Authenticator
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import users
from server.persistence.database import Database
from tests.server.cli.commands import Operator, noted


async def test_a_key_is_printed_once_and_works(migrated: EngineUrls, database: Database) -> None:
    operator = Operator(migrated)
    user = await operator.json("user", "create", "--email", "ada@example.com")
    made = await operator.json("keys", "create", "--email", "ada@example.com", "--name", "bot")
    assert set(made) == {"key"}
    found = await Authenticator(database, clock=utc_now).by_bearer(made["key"])
    assert (str(found.user_id), found.scopes) == (user["id"], None)
    narrow = await operator.run(
        "keys", "create", "--email", "ada@example.com", "--scope", "read", "--scope", "turns"
    )
    found = await Authenticator(database, clock=utc_now).by_bearer(narrow.stdout.strip())
    assert found.scopes == frozenset({"read", "turns"})
    _, whole, narrowed = await noted(database)
    assert (whole.action, whole.target_id) == ("key.create", user["id"])
    assert whole.after is not None
    assert whole.after["prefix"] == made["key"][:9]
    assert narrowed.after is not None
    assert narrowed.after["scopes"] == ["read", "turns"]


async def test_a_service_key_is_an_admins_and_says_whose_users_it_names(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    for email, role in (("ada@example.com", "admin"), ("bob@example.com", "user")):
        await operator.json("user", "create", "--email", email, "--role", role)
    terms = ["--issuer", "https://host.example", "--scope", "tickets:write"]
    refused = await operator.refused("keys", "create", "--email", "bob@example.com", *terms)
    assert "Only an admin" in refused
    made = await operator.json("keys", "create", "--email", "ada@example.com", *terms)
    found = await Authenticator(database, clock=utc_now).by_bearer(made["key"])
    assert found.issuer == "https://host.example"


async def test_a_key_works_in_one_workspace_until_its_day(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    user = await operator.json("user", "create", "--email", "ada@example.com")
    async with database.snapshot() as tx:
        ada = await users.find(tx, UUID(user["id"]))
    assert ada is not None
    terms = ["--workspace", str(ada.workspace_id), "--expires", "2126-11-21"]
    made = await operator.json("keys", "create", "--email", "ada@example.com", *terms)
    found = await Authenticator(database, clock=utc_now).by_bearer(made["key"])
    assert found.is_bound
    assert found.workspace_id == ada.workspace_id
    assert found.expires_at == datetime(2126, 11, 21, tzinfo=UTC)
    elsewhere = ["--workspace", str(new_id())]
    refused = await operator.refused("keys", "create", "--email", "ada@example.com", *elsewhere)
    assert "no such workspace" in refused


async def test_nobodys_key_is_not_made(migrated: EngineUrls, database: Database) -> None:
    refused = await Operator(migrated).refused("keys", "create", "--email", "ada@example.com")
    assert "no user ada@example.com" in refused
