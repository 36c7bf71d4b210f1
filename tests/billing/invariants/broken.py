"""What every test of an invariant begins with: books in which everything occurs once."""

from billing.reconcile import check
from server.domain.turn import TurnState
from server.persistence.database import Database
from tests.billing import books
from tests.billing.support import CREDIT


async def play(database: Database) -> None:
    """Somebody with a turn of each end, billed, one partly given back, and one that runs."""
    owner = await books.make_owner(database)
    for state in (TurnState.COMPLETED, TurnState.CANCELLED, TurnState.FAILED):
        turn = await books.admit(database, owner, 3 * CREDIT)
        await books.end(database, turn, 1_000, 300, state=state)
    await books.bill(database)
    await books.give_back(database, CREDIT // 2)
    await books.admit(database, owner)


async def broken_by(database: Database, statements: str) -> set[str]:
    """Names of the invariants that do not hold any more after ``statements``."""
    await play(database)
    assert await check(database) == []
    await books.run(database, *statements.split(";"))
    return {finding.name for finding in await check(database)}
