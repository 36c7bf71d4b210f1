"""Who holds a valid credential: asked at each handshake and request, and now and then later.

A user who is suspended, wants to be deleted or has been holds none.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import convert

from server.persistence.database import Snapshot, Tx
from server.persistence.entitlements import ENTITLED, Entitled
from server.persistence.prepared import Prepared


class Holder(Entitled, frozen=True, kw_only=True):
    """Who holds a valid credential. ``scopes`` None: not a key, so there are none.

    ``expires_at``: when it ends by itself. ``bound_id``: the workspace that the key was made for,
    where ``pays`` says who does. ``issuer``: of a service key. ``sponsor_id``: the owner of the
    service key in whose name the user is here.
    """

    credential_kind: str
    credential_id: UUID
    user_id: UUID
    email: str | None
    name: str
    role: str
    workspace_id: UUID
    external_id: str | None
    expires_at: datetime | None
    last_used_at: datetime | None = None
    scopes: list[str] | None = None
    issuer: str | None = None
    bound_id: UUID | None = None
    pays: bool | None = None
    sponsor_id: UUID | None = None


def _present(users: str) -> str:
    return (
        f"{users}.deleted_at IS NULL AND {users}.suspended_at IS NULL"
        f" AND {users}.deletion_requested_at IS NULL"
    )


_USER = f"""users.id AS user_id, users.email, users.name, users.role, users.workspace_id,
  users.external_id, {ENTITLED}"""

_COOKIE_HOLDS = "cookie_sessions.revoked_at IS NULL AND cookie_sessions.expires_at > :now"

# A key that was made for a workspace ends with its owner's membership.
_BINDING = """
LEFT JOIN workspace_members AS member
  ON member.workspace_id = api_keys.workspace_id AND member.user_id = api_keys.user_id
LEFT JOIN workspaces AS bound ON bound.id = member.workspace_id AND bound.deleted_at IS NULL
"""
_KEY_HOLDS = """api_keys.revoked_at IS NULL
  AND (api_keys.expires_at IS NULL OR api_keys.expires_at > :now)
  AND (api_keys.workspace_id IS NULL OR bound.id IS NOT NULL)"""

_COOKIE_SESSION = Prepared(f"""
SELECT 'cookie' AS credential_kind, cookie_sessions.id AS credential_id,
  cookie_sessions.expires_at, cookie_sessions.last_seen_at AS last_used_at, {_USER}
FROM cookie_sessions JOIN users ON users.id = cookie_sessions.user_id
WHERE cookie_sessions.secret_hash = :secret AND {_COOKIE_HOLDS} AND {_present("users")}
""")  # noqa: S608 - the columns are ours

_KEY = Prepared(f"""
SELECT 'key' AS credential_kind, api_keys.id AS credential_id, api_keys.expires_at,
  api_keys.last_used_at, api_keys.scopes, api_keys.issuer, bound.id AS bound_id, bound.pays, {_USER}
FROM api_keys JOIN users ON users.id = api_keys.user_id {_BINDING}
WHERE api_keys.secret_hash = :secret AND {_KEY_HOLDS} AND {_present("users")}
""")  # noqa: S608 - the columns are ours

# ``shown`` names a user, the credential that is to prove them, and when that ends at the latest.
# A service key proves users of its issuer too, but nobody who is an admin, and only as long as its
# owner is one; a host application's word proves its own users, of which we keep no other row.
_STANDING = f"""
SELECT shown.credential_kind, shown.credential_id, api_keys.scopes, api_keys.issuer,
  least(shown.expires_at, cookie_sessions.expires_at, api_keys.expires_at) AS expires_at,
  CASE WHEN owners.id = users.id THEN bound.id END AS bound_id, bound.pays,
  CASE WHEN owners.id <> users.id THEN owners.id END AS sponsor_id, {_USER}
FROM shown
JOIN users ON users.id = shown.user_id
LEFT JOIN cookie_sessions ON shown.credential_kind = 'cookie'
  AND cookie_sessions.id = shown.credential_id AND cookie_sessions.user_id = users.id
LEFT JOIN api_keys ON shown.credential_kind = 'key' AND api_keys.id = shown.credential_id
LEFT JOIN users AS owners ON owners.id = api_keys.user_id {_BINDING}
WHERE {_present("users")} AND (shown.expires_at IS NULL OR shown.expires_at > :now)
  AND CASE shown.credential_kind
    WHEN 'cookie' THEN cookie_sessions.id IS NOT NULL AND {_COOKIE_HOLDS}
    WHEN 'key' THEN api_keys.id IS NOT NULL AND {_KEY_HOLDS} AND {_present("owners")}
      AND (owners.id = users.id OR (
        owners.role = 'admin' AND users.role <> 'admin' AND users.issuer = api_keys.issuer))
    ELSE users.issuer IS NOT NULL AND users.role <> 'admin'
  END
"""  # noqa: S608 - the columns are ours

_STANDS = Prepared(f"""
WITH shown AS (SELECT CAST(:kind AS text) AS credential_kind, CAST(:id AS uuid) AS credential_id,
  CAST(:user AS uuid) AS user_id, CAST(:expires AS timestamptz) AS expires_at)
{_STANDING}
""")

_BEARER = Prepared(f"""
WITH shown AS (SELECT credential_kind, credential_id, user_id, expires_at FROM tickets
  WHERE secret_hash = :secret AND kind = 'bearer')
{_STANDING}
""")  # noqa: S608 - the columns are ours

_SPEND = Prepared(f"""
WITH shown AS (UPDATE tickets SET used_at = :now
  WHERE secret_hash = :secret AND kind = 'ws' AND used_at IS NULL AND expires_at > :now
  RETURNING credential_kind, credential_id, user_id, credential_expires_at AS expires_at)
{_STANDING}
""")  # noqa: S608 - the columns are ours


async def find_cookie_session(
    tx: Tx | Snapshot, secret_hash: bytes, now: datetime
) -> Holder | None:
    return _holder(await _COOKIE_SESSION.row(tx, now=now, secret=secret_hash))


async def find_key(tx: Tx | Snapshot, secret_hash: bytes, now: datetime) -> Holder | None:
    return _holder(await _KEY.row(tx, now=now, secret=secret_hash))


async def find_bearer(tx: Tx | Snapshot, secret_hash: bytes, now: datetime) -> Holder | None:
    """Who is meant by a bearer that a ticket was exchanged for, while its credential is valid."""
    return _holder(await _BEARER.row(tx, now=now, secret=secret_hash))


async def spend_ticket(tx: Tx, secret_hash: bytes, now: datetime) -> Holder | None:
    """Who is meant by a ticket, while the credential that asked for it is valid. Of any number that
    try at once, one is answered."""
    return _holder(await _SPEND.row(tx, now=now, secret=secret_hash))


async def find_holder(
    tx: Tx | Snapshot,
    kind: str,
    credential: UUID,
    user: UUID,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Holder | None:
    """``user``, as long as that credential proves them; ``until``: the latest that it does."""
    values = {"kind": kind, "id": credential, "user": user, "expires": until}
    return _holder(await _STANDS.row(tx, now=now, **values))


def _holder(row: Any) -> Holder | None:
    return None if row is None else convert(dict(row), Holder)
