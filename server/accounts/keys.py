"""API keys: shown once, stored as a hash, narrowed by scopes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.accounts.access import Scope
from server.accounts.secrets import KEY_PREFIX, digest, new_secret
from server.domain.clock import Clock
from server.domain.errors import Invalid, NotFound
from server.domain.ids import ApiKeyId, UserId, new_id
from server.persistence import credentials
from server.persistence.credentials import ApiKey, NewApiKey
from server.persistence.database import Tx

EVERYTHING = "*"
"""Stored for a key without scopes: whatever its user may do, now and later."""

KEYS_MAX = 100
"""Keys of one user that are not revoked: more would be a program making them in a loop."""

SHOWN = len(KEY_PREFIX) + 6
"""Characters of a key that lists show: 36 bits, enough to recognise it, useless to guess it."""


class NewKey(Struct, frozen=True, kw_only=True):
    """``secret`` is told once and never again."""

    secret: str
    key: ApiKey


def scopes_of(stored: Sequence[str] | None) -> frozenset[str] | None:
    """None: not narrowed."""
    return None if stored is None or EVERYTHING in stored else frozenset(stored)


class Keys:
    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def create(
        self,
        tx: Tx,
        user: UserId,
        *,
        name: str,
        scopes: Sequence[Scope] | None,
        expires_at: datetime | None,
    ) -> NewKey:
        """``scopes`` None: everything that the user may do; ``expires_at`` None: until revoked.

        Raises:
            Invalid: it would be expired from the start, or the user has too many keys.
        """
        now = self._clock()
        if expires_at is not None and expires_at <= now:
            raise Invalid("That moment has passed.", path="$.expiresAt")
        if await credentials.count_keys(tx, user) >= KEYS_MAX:
            raise Invalid(f"There are {KEYS_MAX} keys already; revoke some first.")
        secret = new_secret(KEY_PREFIX)
        stored = [EVERYTHING] if scopes is None else sorted({str(scope) for scope in scopes})
        key = NewApiKey(
            id=new_id(),
            user_id=user,
            name=name,
            prefix=secret[:SHOWN],
            secret_hash=digest(secret),
            scopes=stored,
            expires_at=expires_at,
        )
        await credentials.insert_key(tx, key)
        shown = ApiKey(
            id=key.id,
            name=name,
            prefix=key.prefix,
            scopes=stored,
            created_at=now,
            expires_at=expires_at,
            last_used_at=None,
        )
        return NewKey(secret=secret, key=shown)

    async def revoke(self, tx: Tx, user: UserId, key: UUID) -> None:
        """Raises NotFound: no such key of this user, or revoked already."""
        if not await credentials.revoke_key(tx, ApiKeyId(key), user, self._clock()):
            raise NotFound("There is no such key.")
