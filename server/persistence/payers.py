"""Who pays for a turn in a workspace: asked when it is admitted, and again when money is held."""

from uuid import UUID

from msgspec import Struct, convert

from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared


class Standing(Struct, frozen=True, kw_only=True, gc=False):
    """A workspace as a turn of a member finds it; ``balance`` and ``held`` of its own account, in
    micro-credits."""

    pays: bool
    requests_per_hour: int | None
    balance: int
    held: int


_FIND = Prepared("""
SELECT workspaces.pays, workspaces.requests_per_hour,
       coalesce(accounts.balance, 0) AS balance, coalesce(accounts.held, 0) AS held
FROM workspace_members
JOIN workspaces ON workspaces.id = workspace_members.workspace_id
LEFT JOIN accounts ON accounts.id = workspaces.id
WHERE workspace_id = :workspace AND user_id = :user AND workspaces.deleted_at IS NULL
""")

_KEEP = Prepared("""
SELECT user_id FROM workspace_members WHERE workspace_id = :workspace AND user_id = :user
FOR KEY SHARE
""")


async def find(tx: Tx | Snapshot, workspace: UUID, user: UUID) -> Standing | None:
    """None: there is no such workspace of which this user is a member."""
    row = await _FIND.row(tx, workspace=workspace, user=user)
    return None if row is None else convert(dict(row), Standing)


async def keep_member(tx: Tx, workspace: UUID, user: UUID) -> bool:
    """Let nobody remove that member until this transaction ends; False: they have left."""
    return await _KEEP.value(tx, workspace=workspace, user=user) is not None
