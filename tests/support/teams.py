"""Workspaces that several people share, for tests to begin with."""

from billing.ledger import Ledger
from server.accounts.access import Principal
from server.domain.ids import AccountId, WorkspaceId, new_id
from server.domain.money import MICROS_PER_CREDIT, MicroCredits
from server.persistence import workspaces
from server.persistence.database import Database
from server.turns.shared import found_workspace


async def team(
    database: Database,
    owner: Principal,
    *others: Principal,
    pays: bool = True,
    credits: float = 0,
    requests_per_hour: int | None = None,
) -> WorkspaceId:
    """A workspace of ``owner`` with ``others`` as members, and so many credits of its own."""
    workspace, ledger = WorkspaceId(new_id()), Ledger()
    settings = {"pays": pays, "requests_per_hour": requests_per_hour}
    given = MicroCredits(int(credits * MICROS_PER_CREDIT))
    async with database.transaction() as tx:
        await found_workspace(tx, ledger, owner, workspace, "Team", settings)
        for other in others:
            await workspaces.insert_member(tx, workspace, other.user_id, "member")
        if given:
            account, key = AccountId(workspace), f"team:{workspace}"
            await ledger.grant(tx, account, given, key=key, reason=None, id=new_id())
    return workspace
