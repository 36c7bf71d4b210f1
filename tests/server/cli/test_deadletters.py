"""``deadletters`` from the shell: seen with their reasons, sent again by id."""

from msgspec.json import encode
from sqlalchemy import text

from billing.consumers.deadletters import put_aside
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import make_user, usage_event
from tests.server.cli.commands import Operator


async def put_two_aside(database: Database) -> list[str]:
    """Two events that were sent and given up on; answers their calls."""
    user, _ = await make_user(database)
    events = [usage_event(user) for _ in range(2)]
    async with database.transaction() as tx:
        await outbox.append(tx, events)
        await outbox.mark_published(tx, [1, 2])
        for number, event in enumerate(events):
            await put_aside(tx, f"1-{number}", encode(event), "ForeignKeyViolation: no such user")
    return [str(event.call_id) for event in events]


async def waiting(database: Database) -> list[str]:
    async with database.snapshot() as snapshot:
        rows = await snapshot.scalars(
            text("SELECT call_id FROM outbox WHERE published_at IS NULL ORDER BY id")
        )
        return [str(call) for call in rows]


async def test_letters_are_listed_with_call_and_reason(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    assert await operator.json("deadletters", "list") == {"items": []}
    calls = await put_two_aside(database)
    first, second = (await operator.json("deadletters", "list"))["items"]
    assert (first["id"], first["callId"], first["replayedAt"]) == (1, calls[0], None)
    assert second["reason"] == "ForeignKeyViolation: no such user"
    assert second["at"].endswith("Z")
    told = (await operator.run("deadletters", "list")).stdout
    assert told.startswith("2 waiting, 0 replayed\n")
    assert f"1  call={calls[0]}" in told


async def test_a_named_letter_is_sent_again_once(migrated: EngineUrls, database: Database) -> None:
    calls = await put_two_aside(database)
    operator = Operator(migrated)
    assert await operator.json("deadletters", "replay", "2") == {"sent": [2], "refused": []}
    assert await waiting(database) == [calls[1]]
    again = await operator.run("deadletters", "replay", "1", "2", "7")
    assert again.exit_code == 1
    assert again.stdout.splitlines() == [
        "1 sent again, 2 not",
        "  2 was not: replayed before",
        "  7 was not: there is no such dead letter",
    ]
    assert await waiting(database) == calls
    assert "1  call=" in (await operator.run("deadletters", "list")).stdout


async def test_all_are_sent_and_what_cannot_go_is_said(
    migrated: EngineUrls, database: Database
) -> None:
    await put_two_aside(database)
    async with database.transaction() as tx:
        await put_aside(tx, "9-9", b"junk", "not one of ours")
    assert await Operator(migrated).json("deadletters", "replay", "--all") == {
        "sent": [1, 2],
        "refused": [{"id": 3, "reason": "its event is not in the outbox"}],
    }


async def test_letters_are_named_or_all_are_meant(migrated: EngineUrls) -> None:
    operator = Operator(migrated)
    for arguments in ((), ("1", "--all")):
        assert "--all" in await operator.refused("deadletters", "replay", *arguments)
    assert "0" in await operator.refused("deadletters", "replay", "0")
