"""`keys create`."""

from server.accounts.tokens import Authenticator
from server.domain.clock import utc_now
from server.local.engines import EngineUrls
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
    assert whole.after == {"name": "bot", "prefix": made["key"][:9], "scopes": ["*"]}
    assert narrowed.after is not None
    assert narrowed.after["scopes"] == ["read", "turns"]


async def test_nobodys_key_is_not_made(migrated: EngineUrls, database: Database) -> None:
    refused = await Operator(migrated).refused("keys", "create", "--email", "ada@example.com")
    assert "no user ada@example.com" in refused
