"""``reconcile`` from the shell: its verdict is its exit status, its repairs are said."""

import json

from redis.asyncio import Redis

from server.cli.reconcile import ASKED
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.billing import books
from tests.server.cli.commands import Operator


async def play(database: Database) -> books.Owner:
    owner = await books.make_owner(database)
    await books.end(database, await books.admit(database, owner), 500)
    await books.bill(database)
    return owner


async def test_books_that_add_up_are_status_0(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    await play(database)
    operator = Operator(migrated)
    done = await operator.run("reconcile")
    assert (done.exit_code, done.stdout) == (0, f"everything adds up ({ASKED} invariants)\n")
    assert await operator.json("reconcile") == {"ok": True, "findings": []}
    assert await operator.json("reconcile", "--repair") == {
        "ok": True,
        "findings": [],
        "changes": [],
    }


async def test_a_credit_from_nowhere_is_status_1_named_and_never_repaired(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    owner = await play(database)
    await books.run(database, "UPDATE accounts SET balance = balance + 1")
    for arguments in ((), ("--repair",)):
        done = await Operator(migrated).run("reconcile", *arguments)
        assert done.exit_code == 1
        lines = done.stdout.splitlines()
        assert lines[0] == f"1 of {ASKED} invariants do not hold"
        assert str(owner.account) in lines[-1]
        done = await Operator(migrated).run("reconcile", *arguments, "--json")
        assert done.exit_code == 1
        answer = json.loads(done.stdout)
        assert (answer["ok"], answer["findings"][0]["ids"]) == (False, [str(owner.account)])


async def test_what_is_derived_is_repaired_and_said_with_its_ids(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    owner = await play(database)
    damage = "DELETE FROM monthly_charges", "UPDATE accounts SET held = 7"
    await books.run(database, *damage)
    done = await Operator(migrated).run("reconcile", "--repair")
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        [
            "accounts: what is held summed anew from the open holds (1)",
            f"  {owner.account}",
            "monthly charges summed anew from their usage rows (1)",
            f"  {owner.user} 2026-03",
            f"everything adds up ({ASKED} invariants)",
        ],
    )
    await books.run(database, *damage)
    answer = await Operator(migrated).json("reconcile", "--repair")
    assert answer["changes"][0] == {
        "says": "accounts: what is held summed anew from the open holds",
        "ids": [str(owner.account)],
    }


async def test_redis_away_is_a_finding_and_the_books_are_read_all_the_same(
    migrated: EngineUrls, database: Database
) -> None:
    await play(database)
    operator = Operator(migrated, REDIS_URL="redis://127.0.0.1:1/0")
    for arguments in ((), ("--repair",)):
        done = await operator.run("reconcile", *arguments)
        assert done.exit_code == 1
        assert "I11 redis: Redis answers" in done.stdout
        assert done.stdout.startswith("1 of ")


async def test_a_secret_of_the_settings_in_an_outcome_is_found_and_not_repeated(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    await play(database)
    await books.run(
        database, 'UPDATE turns SET outcome = outcome || \'{"why": "key sk-planted-1234"}\''
    )
    done = await Operator(migrated, OPENAI_API_KEY="sk-planted-1234").run("reconcile", "--json")
    assert done.exit_code == 1
    assert [found["name"] for found in json.loads(done.stdout)["findings"]] == ["I12 secrets"]
    assert "planted" not in done.stdout
