"""Accounts of creators on platforms: their tokens are sealed before they reach the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID, uuid5

from msgspec import Meta, Struct, convert

from knowledge.hostdata import Dated, Platform, Written, latest, put, upsert
from server.domain.texts import HostName, Line
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

ACCESS, REFRESH = "platform.access", "platform.refresh"
"""Purposes: a token that is copied into the other column does not open there."""

SEALED = 500
"""Read at once."""


class Sealing(Protocol):
    """What ``server.accounts.sealing.Sealer`` does; accounts and knowledge have never met."""

    def seal(self, value: bytes, *, purpose: str, row: UUID) -> bytes: ...

    def open(self, sealed: bytes, *, purpose: str, row: UUID) -> bytes: ...


class Tokens(Struct, frozen=True, kw_only=True):
    """None: the host has given none. They open the account: never log them."""

    access_token: Annotated[str, Meta(min_length=1, max_length=8_192)] | None = None
    refresh_token: Annotated[str, Meta(min_length=1, max_length=8_192)] | None = None
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Tokens(expires_at={self.expires_at!r})"


class PlatformAccount(Dated, frozen=True, kw_only=True):
    platform: Platform
    external_id: HostName
    name: Line
    scopes: Annotated[tuple[Line, ...], Meta(max_length=50)] = ()
    tokens: Tokens = Tokens()


class Sealed(Struct, frozen=True, kw_only=True):
    """Both tokens of an account, as they are kept."""

    id: UUID
    access_token: bytes | None
    refresh_token: bytes | None


def account_id(creator: UUID, platform: str, external_id: str) -> UUID:
    """Made of what names it: what is sealed is bound to it, whoever writes it first."""
    return uuid5(creator, f"platform/{platform}/{external_id}")


async def put_accounts(
    tx: Tx, creator: UUID, accounts: Sequence[PlatformAccount], now: datetime, sealing: Sealing
) -> Written:
    """
    Raises:
        Invalid: too many, or one of the future.
        Forbidden: the creator is leaving.
    """
    newest = latest(accounts, lambda one: (one.platform, one.external_id), now)
    return await put(
        tx, _PUT, creator, [_row(creator, one, sealing) for one in newest], len(accounts)
    )


def _row(creator: UUID, account: PlatformAccount, sealing: Sealing) -> dict[str, object]:
    id = account_id(creator, account.platform, account.external_id)

    def sealed(token: str | None, purpose: str) -> str | None:
        if token is None:
            return None
        return r"\x" + sealing.seal(token.encode(), purpose=purpose, row=id).hex()

    return {
        "id": id,
        "platform": account.platform,
        "external_id": account.external_id,
        "name": account.name,
        "scopes": account.scopes,
        "access_token": sealed(account.tokens.access_token, ACCESS),
        "refresh_token": sealed(account.tokens.refresh_token, REFRESH),
        "expires_at": account.tokens.expires_at,
        "as_of": account.as_of,
    }


async def open_tokens(
    tx: Tx | Snapshot, creator: UUID, platform: str, external_id: str, sealing: Sealing
) -> Tokens | None:
    """None: the creator has no such account. What ``sealing`` raises where they do not open goes
    to the caller."""
    row: Any = await _FIND.row(tx, id=account_id(creator, platform, external_id))
    if row is None:
        return None

    def opened(token: bytes | None, purpose: str) -> str | None:
        if token is None:
            return None
        return sealing.open(token, purpose=purpose, row=row["id"]).decode()

    return Tokens(
        access_token=opened(row["access_token"], ACCESS),
        refresh_token=opened(row["refresh_token"], REFRESH),
        expires_at=row["expires_at"],
    )


async def sealed(tx: Tx | Snapshot, *, after: UUID) -> list[Sealed]:
    """Some of all creators' tokens, in the order of their ids: for whoever seals them anew."""
    rows = await _SEALED.rows(tx, after=after, most=SEALED)
    return [convert(dict(row), Sealed) for row in rows]


async def exchange(tx: Tx, old: Sealed, new: Sealed) -> None:
    """Keep ``new`` in the place of ``old``, unless the host has sent others meanwhile."""
    await _EXCHANGE.run(
        tx,
        id=old.id,
        old_access=old.access_token,
        old_refresh=old.refresh_token,
        access=new.access_token,
        refresh=new.refresh_token,
    )


_PUT = upsert(
    "oauth_accounts",
    ("user_id", "platform", "external_id"),
    {
        "id": "uuid",
        "platform": "text",
        "external_id": "text",
        "name": "text",
        "scopes": "jsonb",
        "access_token": "bytea",
        "refresh_token": "bytea",
        "expires_at": "timestamptz",
        "as_of": "timestamptz",
    },
)

_FIND = Prepared("""
SELECT id, access_token, refresh_token, expires_at FROM oauth_accounts WHERE id = :id
""")

_SEALED = Prepared("""
SELECT id, access_token, refresh_token FROM oauth_accounts
WHERE id > :after AND (access_token IS NOT NULL OR refresh_token IS NOT NULL)
ORDER BY id LIMIT :most
""")

_EXCHANGE = Prepared("""
UPDATE oauth_accounts SET access_token = :access, refresh_token = :refresh
WHERE id = :id AND access_token IS NOT DISTINCT FROM :old_access
  AND refresh_token IS NOT DISTINCT FROM :old_refresh
""")
