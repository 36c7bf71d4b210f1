"""Entries of an account: newest first, by kind and time, each page after the one before."""

from datetime import timedelta

from billing.history import EntryFilter, entries
from server.domain.clock import utc_now
from server.domain.ids import AccountId, TurnId, new_id
from server.domain.money import MicroCredits
from server.persistence.database import Database
from tests.billing.support import claim_for, make_user
from tests.billing.test_ledger import LEDGER, settle


async def play(database: Database) -> tuple[AccountId, TurnId]:
    """Five grants and a turn; answers account and turn."""
    user, account = await make_user(database)
    for number in range(5):
        async with database.transaction() as tx:
            await LEDGER.grant(
                tx,
                account,
                MicroCredits(number + 1),
                key=str(number),
                reason=None,
                id=new_id(),
                kind="grant" if number % 2 else "purchase",
            )
    claim = claim_for(user, account, 10)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim)
    await settle(database, claim.turn_id, 7)
    return account, claim.turn_id


async def amounts(
    database: Database, account: AccountId, fits: EntryFilter, size: int
) -> list[int]:
    seen, cursor = list[int](), None
    while True:
        async with database.snapshot() as tx:
            page = await entries(tx, account, cursor, size, fits)
        assert len(page.items) <= size
        seen += [entry.credits for entry in page.items]
        if (cursor := page.next_cursor) is None:
            return seen


async def test_entries_are_paged_newest_first(database: Database) -> None:
    account, turn = await play(database)
    assert await amounts(database, account, EntryFilter(), 4) == [-7, 5, 4, 3, 2, 1]
    async with database.snapshot() as tx:
        page = await entries(tx, account, None, 1)
    assert (page.items[0].turn_id, page.items[0].kind) == (turn, "capture")


async def test_a_kind_and_a_time_leave_what_fits(database: Database) -> None:
    account, _ = await play(database)
    now, minute = utc_now(), timedelta(minutes=1)
    for fits, left in (
        (EntryFilter(kind="purchase"), [5, 3, 1]),
        (EntryFilter(kind="grant"), [4, 2]),
        (EntryFilter(kind="refund"), []),
        (EntryFilter(start=now - minute, end=now + minute), [-7, 5, 4, 3, 2, 1]),
        (EntryFilter(end=now - minute), []),
        (EntryFilter(start=now + minute), []),
    ):
        assert await amounts(database, account, fits, 2) == left
