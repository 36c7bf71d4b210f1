"""`credits`: granted and given back once for each key, and only amounts that exist."""

import pytest
from sqlalchemy import text

from billing.ledger import Ledger
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.turns.shared import open_workspace
from tests.billing import books
from tests.server.cli.commands import Operator, noted

GRANT = ("credits", "grant", "--email", "ada@example.com")


async def test_a_key_grants_once_and_no_other_amount(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated, SIGNUP_CREDITS="0")
    await operator.json("user", "create", "--email", "ada@example.com")
    grant = (*GRANT, "--credits", "12.5", "--key", "k1")
    assert await operator.json(*grant) == {"granted": True, "credits": "12.5"}
    assert await operator.json(*grant) == {"granted": False, "credits": "12.5"}
    refused = await operator.refused(*GRANT, "--credits", "13", "--key", "k1")
    assert "already granted something else" in refused
    more = await operator.json(*GRANT, "--credits", "0.000001", "--key", "k2")
    assert more == {"granted": True, "credits": "12.500001"}
    _, first, second = await noted(database)
    assert first.action == second.action == "credits.grant"
    assert first.after == {"credits": "12.5", "key": "k1", "reason": None}


async def test_a_workspace_gets_credits_of_its_own(
    migrated: EngineUrls, database: Database
) -> None:
    operator, workspace = Operator(migrated), new_id()
    async with database.transaction() as tx:
        await open_workspace(tx, Ledger(), workspace, "Acme")
    grant = ("credits", "grant", "--workspace", str(workspace), "--credits", "5", "--key", "k1")
    assert await operator.json(*grant) == {"granted": True, "credits": "5"}
    (entry,) = await noted(database)
    assert (entry.target_kind, entry.target_id) == ("workspace", str(workspace))
    nobody = ("credits", "grant", "--workspace", str(new_id()), "--credits", "5", "--key", "k2")
    assert "no shared workspace" in await operator.refused(*nobody)
    assert "either" in await operator.refused(*grant, "--email", "ada@example.com")


@pytest.mark.parametrize(
    "amount", ["0", "-5", "1e3", "NaN", "0.0000001", "9" * 30, "", "ten", "1,5", "٣"]
)
async def test_amounts_that_are_none_are_refused_by_name(
    migrated: EngineUrls, database: Database, amount: str
) -> None:
    refused = await Operator(migrated).refused(*GRANT, "--credits", amount, "--key", "k")
    assert "--credits" in refused


async def test_a_turn_is_given_back_by_its_id(migrated: EngineUrls, database: Database) -> None:
    owner = await books.make_owner(database)
    turn = await books.admit(database, owner)
    await books.end(database, turn, 1_000)
    operator = Operator(migrated)
    refund = ("credits", "refund", str(turn.id), "--reason", "Wrong", "--key", "k1")
    part = (*refund, "--credits", "0.25")
    assert await operator.json(*part) == {"refunded": True, "credits": "0.25", "left": "0.75"}
    assert await operator.json(*part) == {"refunded": False, "credits": "0.25", "left": "0.75"}
    assert "something else" in await operator.refused(*refund, "--credits", "0.5")
    rest = await operator.json(*refund[:-1], "k2")
    assert rest == {"refunded": True, "credits": "0.75", "left": "0"}
    assert "Nothing is left" in await operator.refused(*refund[:-1], "k3")
    first, second = await noted(database)
    assert (first.action, first.target_id) == ("turn.refund", str(turn.id))
    assert second.after == {"credits": "0.75", "key": "k2", "reason": "Wrong", "left": "0"}
    async with database.snapshot() as tx:
        told = await tx.scalar(text("SELECT count(*) FROM notifications"))
    assert told == 2
    assert "--key" in await operator.refused(*refund[:-1], " ")
    assert "--reason" in await operator.refused(*refund[:4], "", *refund[5:])
