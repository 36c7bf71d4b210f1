"""Users of host applications, found by what they are called there."""

from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy.dialects.postgresql import insert

from server.persistence.database import Snapshot, Tx
from server.persistence.entitlements import ENTITLED, Entitled
from server.persistence.prepared import Prepared
from server.persistence.users import UserRow


class NewHostUser(Struct, frozen=True, kw_only=True):
    """A user to be. The ids come from outside, so that a repeated transaction makes the same."""

    id: UUID
    workspace_id: UUID
    issuer: str
    external_id: str
    name: str
    email: str | None
    role: str


class HostUser(Entitled, frozen=True, kw_only=True):
    """``is_barred``: suspended, leaving or gone; or an admin, whom no host may speak for."""

    id: UUID
    workspace_id: UUID
    name: str
    email: str | None
    is_barred: bool


_FIND = Prepared(f"""
SELECT id, workspace_id, name, email, {ENTITLED},
  role = 'admin' OR coalesce(suspended_at, deletion_requested_at, deleted_at) IS NOT NULL
    AS is_barred
FROM users WHERE issuer = :issuer AND external_id = :external_id
""")  # noqa: S608 - the columns are ours

_DESCRIBE = Prepared("""
UPDATE users SET name = :name, email = :email
WHERE id = :id AND deletion_requested_at IS NULL AND deleted_at IS NULL
""")


async def find(tx: Tx | Snapshot, issuer: str, external_id: str) -> HostUser | None:
    row = await _FIND.row(tx, issuer=issuer, external_id=external_id)
    return None if row is None else convert(dict(row), HostUser)


async def insert_user(tx: Tx, user: NewHostUser) -> bool:
    """False: there is one already, or somebody has made one just now."""
    row = await tx.execute(
        insert(UserRow)
        .values(**structs.asdict(user))
        .on_conflict_do_nothing(index_elements=[UserRow.issuer, UserRow.external_id])
        .returning(UserRow.id)
    )
    return row.first() is not None


async def describe(tx: Tx, user: UUID, name: str, email: str | None) -> None:
    """What the user is called, and their address, as their host says today; nothing of it is put
    back where it has just been deleted."""
    await _DESCRIBE.run(tx, id=user, name=name, email=email)
