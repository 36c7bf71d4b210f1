"""API keys of the caller. The key itself is told once, when it is made."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from server.accounts.access import Scope
from server.accounts.keys import (
    EVERYTHING,
    GRACE_MAX,
    NewKey,
    check_maker,
    is_service,
    told,
    usual_issuer,
)
from server.domain.errors import Conflict, Forbidden, NotFound
from server.persistence import credentials
from server.persistence.credentials import ApiKey
from server.persistence.database import Tx
from server.routes import audit, cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation

TAG = "keys"
GRACE_MAX_S = int(GRACE_MAX.total_seconds())


class KeyView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``scopes`` null: everything that the user may do. ``workspaceId``: the only one that turns of
    this key belong to. ``issuer``: whose users this service key may name."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    workspace_id: UUID | None
    issuer: str | None


class KeyCreated(KeyView, frozen=True, kw_only=True):
    """``key`` is shown here and never again."""

    key: str


class KeyPage(Page, frozen=True, kw_only=True):
    items: list[KeyView]


class CreateKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``scopes`` absent: everything that the user may do; ``expiresAt`` absent: until revoked.
    ``workspaceId``: where all its turns shall belong. Only admins make service keys, which have an
    ``issuer`` (absent: JWT_ISSUER, or ``authjs`` where only session cookies sign in) and some of
    the scopes ``plans:write``, ``integrations:write`` and ``tickets:write``."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    expires_at: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET
    workspace_id: UUID | UnsetType = UNSET
    issuer: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET


class RotateKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``graceSeconds``: how long the old key still works. A session that it has open, and that asks
    nothing, may hear of a grace below two minutes up to a minute late."""

    grace_seconds: Annotated[int, Meta(ge=0, le=GRACE_MAX_S)] = 0


async def list_keys(call: Call) -> KeyPage:
    caller, query = call.caller, call.query(ListQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await credentials.list_keys(
            tx, caller.user_id, before=before, limit=query.limit + 1
        )
    shown, last = cursors.page(found, query.limit)
    return KeyPage(
        items=[_view(key) for key in shown], next_cursor=cursors.write(last.id) if last else None
    )


async def create_key(call: Call) -> KeyCreated:
    caller, body, services = call.caller, call.body(CreateKey), call.services
    scopes = None if isinstance(body.scopes, UnsetType) else body.scopes
    usual = usual_issuer(scopes, services.settings.host_issuer, is_admin=caller.is_admin)
    issuer = usual if isinstance(body.issuer, UnsetType) else body.issuer
    check_maker(scopes, issuer, is_admin=caller.is_admin)
    async with services.database.transaction() as tx:
        made = await services.accounts.keys.create(
            tx,
            caller.user_id,
            name=body.name,
            scopes=scopes,
            expires_at=None if isinstance(body.expires_at, UnsetType) else body.expires_at,
            workspace_id=None if isinstance(body.workspace_id, UnsetType) else body.workspace_id,
            issuer=issuer,
        )
        await _note(tx, call, "key.create", after=made.key)
    return _created(made)


async def rotate_key(call: Call) -> KeyCreated:
    caller, services, key = call.caller, call.services, call.id("key_id")
    grace = timedelta(seconds=call.body(RotateKey).grace_seconds)
    async with services.database.transaction() as tx:
        made = await services.accounts.keys.rotate(tx, caller.user_id, key, grace)
        check_maker(made.key.scopes, made.key.issuer, is_admin=caller.is_admin)
        await _note(tx, call, "key.rotate", before=made.replaced, after=made.key)
    if not grace:
        services.accounts.endings.tell(caller.user_id, key)
    return _created(made)


async def revoke_key(call: Call) -> None:
    caller, services, key = call.caller, call.services, call.id("key_id")
    async with services.database.transaction() as tx:
        revoked = await services.accounts.keys.revoke(tx, caller.user_id, key)
        await _note(tx, call, "key.revoke", before=revoked)
    services.accounts.endings.tell(caller.user_id, key)


async def _note(
    tx: Tx, call: Call, action: str, *, before: ApiKey | None = None, after: ApiKey | None = None
) -> None:
    """What becomes of a service key is not its owner's private affair."""
    key = after or before
    if key is None or not is_service(key):
        return
    await audit.record(
        tx,
        call,
        action=action,
        target_kind="user",
        target_id=call.caller.user_id,
        before=told(before) if before else None,
        after=told(after) if after else None,
    )


def _created(made: NewKey) -> KeyCreated:
    return KeyCreated(**structs.asdict(_view(made.key)), key=made.secret)


def _view(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=None if EVERYTHING in key.scopes else key.scopes,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        workspace_id=key.workspace_id,
        issuer=key.issuer,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/api-keys",
        handler=list_keys,
        summary="The caller's API keys, newest first, without their secrets.",
        tag=TAG,
        query=ListQuery,
        response=KeyPage,
        errors=(Forbidden,),
    ),
    Operation(
        method="POST",
        path="/api/api-keys",
        handler=create_key,
        summary="Make an API key; the key is shown in this answer only.",
        tag=TAG,
        request=CreateKey,
        response=KeyCreated,
        status=201,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path="/api/api-keys/{key_id:uuid}/rotate",
        handler=rotate_key,
        summary="Replace an API key by one that may do the same; the new one is shown here only.",
        tag=TAG,
        request=RotateKey,
        optional=True,
        response=KeyCreated,
        status=201,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path="/api/api-keys/{key_id:uuid}",
        handler=revoke_key,
        summary="Revoke an API key; sessions opened with it end.",
        tag=TAG,
        errors=(Forbidden, NotFound),
    ),
)
