"""API keys of the caller. The key itself is told once, when it is made."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from server.accounts.access import Scope
from server.accounts.keys import EVERYTHING
from server.domain.errors import Forbidden, NotFound
from server.domain.ids import UserId
from server.persistence import credentials
from server.persistence.credentials import ApiKey
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation

TAG = "keys"


class KeyView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``scopes`` null: everything that the user may do."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class KeyCreated(KeyView, frozen=True, kw_only=True):
    """``key`` is shown here and never again."""

    key: str


class KeyPage(Page, frozen=True, kw_only=True):
    items: list[KeyView]


class CreateKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``scopes`` absent: everything that the user may do; ``expiresAt`` absent: until revoked."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    expires_at: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET


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
    async with services.database.transaction() as tx:
        made = await services.accounts.keys.create(
            tx,
            UserId(caller.user_id),
            name=body.name,
            scopes=None if isinstance(body.scopes, UnsetType) else body.scopes,
            expires_at=None if isinstance(body.expires_at, UnsetType) else body.expires_at,
        )
    view = _view(made.key)
    return KeyCreated(
        id=view.id,
        name=view.name,
        prefix=view.prefix,
        scopes=view.scopes,
        created_at=view.created_at,
        expires_at=view.expires_at,
        last_used_at=view.last_used_at,
        key=made.secret,
    )


async def revoke_key(call: Call) -> None:
    caller, services, key = call.caller, call.services, call.id("key_id")
    async with services.database.transaction() as tx:
        await services.accounts.keys.revoke(tx, UserId(caller.user_id), key)
    services.accounts.endings.tell(caller.user_id, key)


def _view(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=None if EVERYTHING in key.scopes else key.scopes,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
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
        errors=(Forbidden,),
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
