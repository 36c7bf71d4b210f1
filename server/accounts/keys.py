"""API keys: shown once, stored as a hash, narrowed by scopes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from server.accounts.access import Scope
from server.accounts.provisioning import shown_name
from server.accounts.secrets import KEY_PREFIX, digest, new_secret
from server.domain.clock import Clock
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.ids import ApiKeyId, UserId, new_id
from server.persistence import credentials, users, workspaces
from server.persistence.credentials import ApiKey, NewApiKey
from server.persistence.database import Tx

EVERYTHING = "*"
"""Stored for a key without scopes: whatever its user may do, now and later."""

KEYS_MAX = 100
"""Keys of one user that are not revoked: more would be a program making them in a loop."""

SHOWN = len(KEY_PREFIX) + 6
"""Characters of a key that lists show: 36 bits, enough to recognise it, useless to guess it."""

GRACE_MAX = timedelta(days=7)
"""How long a key may go on beside the one that replaces it: a release that is not made at night or
on a weekend fits in."""

SERVICE = frozenset[str]({Scope.PLANS, Scope.INTEGRATIONS})
"""What concerns other users than the key's own."""


class NewKey(Struct, frozen=True, kw_only=True):
    """``secret`` is told once and never again. ``replaced``: the key in whose place this one is."""

    secret: str
    key: ApiKey
    replaced: ApiKey | None = None


def scopes_of(stored: Sequence[str] | None) -> frozenset[str] | None:
    """None: not narrowed."""
    return None if stored is None or EVERYTHING in stored else frozenset(stored)


def is_service(key: ApiKey) -> bool:
    """Whether it acts for others than its owner, so that the audit log tells of it."""
    return key.issuer is not None or not SERVICE.isdisjoint(key.scopes)


def told(key: ApiKey) -> dict[str, Any]:
    """What the audit log says of a key."""
    return {
        "id": str(key.id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "issuer": key.issuer,
        "workspaceId": key.workspace_id and str(key.workspace_id),
    }


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
        workspace_id: UUID | None = None,
        issuer: str | None = None,
    ) -> NewKey:
        """``scopes`` None: everything that the user may do; ``expires_at`` None: until revoked.
        ``issuer``: whose users a service key may name. Only admins may make one (``check_maker``).

        Raises:
            Invalid: its name cannot be seen, or it would be expired from the start.
            Conflict: the user has as many keys as one may have.
            NotFound: the user is in no such workspace.
        """
        now = self._clock()
        if expires_at is not None and expires_at <= now:
            raise Invalid("That moment has passed.", path="$.expiresAt")
        if workspace_id and await workspaces.find(tx, workspace_id, user) is None:
            raise NotFound("There is no such workspace.", path="$.workspaceId")
        stored = [EVERYTHING] if scopes is None else sorted({str(scope) for scope in scopes})
        await users.lock(tx, user)
        secret = new_secret(KEY_PREFIX)
        key = ApiKey(
            id=new_id(),
            name=shown_name(name),
            prefix=secret[:SHOWN],
            scopes=stored,
            created_at=now,
            expires_at=expires_at,
            last_used_at=None,
            workspace_id=workspace_id,
            issuer=issuer,
        )
        return await self._insert(tx, user, secret, key)

    async def rotate(self, tx: Tx, user: UserId, key: UUID, grace: timedelta) -> NewKey:
        """Replace a key by one that may do the same, for as long as the old one was made to last.
        The old one ends after ``grace``; without any, whoever calls this tells of its end.

        Raises:
            NotFound: no such key of this user, or revoked already.
            Conflict: the user has as many keys as one may have, and both would count.
        """
        await users.lock(tx, user)
        old = await credentials.lock_key(tx, key, user)
        if old is None:
            raise NotFound("There is no such key.")
        now = self._clock()
        if grace:
            await credentials.end_key_by(tx, key, now + grace)
        else:
            await credentials.revoke_key(tx, key, user, now)
        secret = new_secret(KEY_PREFIX)
        lasts = None if old.expires_at is None else old.expires_at - old.created_at
        new = structs.replace(
            old,
            id=new_id(),
            prefix=secret[:SHOWN],
            created_at=now,
            expires_at=lasts and now + lasts,
            last_used_at=None,
        )
        return structs.replace(await self._insert(tx, user, secret, new), replaced=old)

    async def revoke(self, tx: Tx, user: UserId, key: UUID) -> ApiKey:
        """What it was. Raises NotFound: no such key of this user, or revoked already."""
        revoked = await credentials.revoke_key(tx, ApiKeyId(key), user, self._clock())
        if revoked is None:
            raise NotFound("There is no such key.")
        return revoked

    async def _insert(self, tx: Tx, user: UserId, secret: str, key: ApiKey) -> NewKey:
        if await credentials.count_keys(tx, user, self._clock()) >= KEYS_MAX:
            raise Conflict(
                f"There are {KEYS_MAX} keys already; revoke some first.",
                metadata={"limit": KEYS_MAX, "scope": "keys"},
            )
        await credentials.insert_key(
            tx,
            NewApiKey(
                id=key.id,
                user_id=user,
                name=key.name,
                prefix=key.prefix,
                secret_hash=digest(secret),
                scopes=key.scopes,
                created_at=key.created_at,
                expires_at=key.expires_at,
                workspace_id=key.workspace_id,
                issuer=key.issuer,
            ),
        )
        return NewKey(secret=secret, key=key)


def check_maker(scopes: Sequence[str] | None, issuer: str | None, *, is_admin: bool) -> None:
    """Raises Forbidden: a key that acts for others is made by an admin."""
    if is_admin:
        return
    if issuer is not None or not SERVICE.isdisjoint(scopes or ()):
        raise Forbidden("Only an admin may make a key that acts for others.")


def usual_issuer(scopes: Sequence[str] | None, issuer: str | None, *, is_admin: bool) -> str | None:
    """Whose users a new key may name when its maker does not say: those of ``issuer``, if it is an
    admin's and may act for others or ask for tickets."""
    serves = is_admin and not (SERVICE | {Scope.TICKETS}).isdisjoint(scopes or ())
    return issuer if serves else None
