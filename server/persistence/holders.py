"""Who holds a valid credential: asked at each handshake and request, and now and then later."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert

from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared


class Holder(Struct, frozen=True, kw_only=True):
    """Who holds a valid credential. ``scopes`` None: a cookie session, which has none."""

    credential_id: UUID
    user_id: UUID
    email: str | None
    name: str
    role: str
    ai_plan: str | None
    workspace_id: UUID
    scopes: list[str] | None = None
    last_used_at: datetime | None = None


_USER = (
    "users.id AS user_id, users.email, users.name, users.role, users.ai_plan, users.workspace_id"
)

_COOKIE_SESSION = f"""
SELECT cookie_sessions.id AS credential_id, {_USER}
FROM cookie_sessions JOIN users ON users.id = cookie_sessions.user_id
WHERE cookie_sessions.revoked_at IS NULL AND cookie_sessions.expires_at > :now
  AND users.deleted_at IS NULL AND
"""  # noqa: S608 - the columns are ours

_KEY = f"""
SELECT api_keys.id AS credential_id, api_keys.scopes, api_keys.last_used_at, {_USER}
FROM api_keys JOIN users ON users.id = api_keys.user_id
WHERE api_keys.revoked_at IS NULL AND (api_keys.expires_at IS NULL OR api_keys.expires_at > :now)
  AND users.deleted_at IS NULL AND
"""  # noqa: S608 - the columns are ours

_COOKIE_SESSION_BY_SECRET = Prepared(f"{_COOKIE_SESSION} cookie_sessions.secret_hash = :secret")
_COOKIE_SESSION_BY_ID = Prepared(f"{_COOKIE_SESSION} cookie_sessions.id = :id")
_KEY_BY_SECRET = Prepared(f"{_KEY} api_keys.secret_hash = :secret")
_KEY_BY_ID = Prepared(f"{_KEY} api_keys.id = :id")


async def find_cookie_session(
    tx: Tx | Snapshot, secret_hash: bytes, now: datetime
) -> Holder | None:
    return _holder(await _COOKIE_SESSION_BY_SECRET.row(tx, now=now, secret=secret_hash))


async def find_key(tx: Tx | Snapshot, secret_hash: bytes, now: datetime) -> Holder | None:
    return _holder(await _KEY_BY_SECRET.row(tx, now=now, secret=secret_hash))


async def find_holder(
    tx: Tx | Snapshot, kind: str, credential: UUID, now: datetime
) -> Holder | None:
    """Who holds that credential, as long as it is valid."""
    statement = _COOKIE_SESSION_BY_ID if kind == "cookie" else _KEY_BY_ID
    return _holder(await statement.row(tx, now=now, id=credential))


def _holder(row: Any) -> Holder | None:
    return None if row is None else convert(dict(row), Holder)
