"""Webhooks of the caller. Their secret is told when it is made, and never again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs

from server.accounts.access import Principal, Scope, allows
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.ids import new_id
from server.domain.notices import FOR_ADMINS, Notice
from server.persistence import webhooks
from server.persistence.webhooks import Webhook
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.routes.services import Services
from server.webhooks import signing
from server.webhooks.targets import URL_MAX, NotAllowed

TAG = "webhooks"
NOT_FOUND = "There is no such webhook."

GRACE_S, GRACE_MAX_S = 24 * 3600, 7 * 24 * 3600
"""How long the old secret still signs after a rotation."""

Url = Annotated[str, Meta(min_length=1, max_length=URL_MAX)]
Description = Annotated[str, Meta(max_length=200)]
Events = Annotated[list[Notice], Meta(min_length=1, max_length=len(Notice))]


class HookView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``disabledReason``: owner, gone (the receiver answered 410) or failing (nothing arrived for
    three days). ``failingSince``: nothing has arrived since then. ``previousUntil``: until then the
    secret before the last rotation signs as well."""

    id: UUID
    url: str
    description: str
    events: list[Notice]
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    previous_until: datetime | None
    created_at: datetime


class HookCreated(HookView, frozen=True, kw_only=True):
    """``secret`` is shown here and never again."""

    secret: str


class HookPage(Page, frozen=True, kw_only=True):
    items: list[HookView]


class CreateHook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``events``: those that are sent; of alerts to admins only."""

    url: Url
    events: Events
    description: Description = ""


class ChangeHook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What is absent stays. ``enabled`` false: nothing is sent, nor what waits; true: what happens
    from now on is."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class RotateHook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``graceSeconds``: how long the old secret signs beside the new one."""

    grace_seconds: Annotated[int, Meta(ge=0, le=GRACE_MAX_S)] = GRACE_S


async def list_hooks(call: Call) -> HookPage:
    query = call.query(ListQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await webhooks.list_webhooks(
            tx, call.caller.user_id, before=before, limit=query.limit + 1
        )
    shown, last = cursors.page(found, query.limit)
    return HookPage(
        items=[_view(one) for one in shown], next_cursor=cursors.write(last.id) if last else None
    )


async def create_hook(call: Call) -> HookCreated:
    caller, body, services, hook = call.caller, call.body(CreateHook), call.services, new_id()
    most = services.settings.webhooks_per_user
    _check_events(caller, body.events)
    host = await _host_of(services, body.url)
    secret = signing.new_secret()
    async with services.database.transaction() as tx:
        made = await webhooks.add(
            tx,
            hook,
            caller.user_id,
            url=body.url,
            host=host,
            description=body.description,
            events=_names(body.events),
            secret=_sealed(services, hook, secret),
            most=most,
        )
    if made is None:
        raise Conflict(
            f"You have as many webhooks as one may have ({most}): delete one before.",
            metadata={"limit": most, "scope": "webhooks"},
        )
    return _created(made, secret)


async def read_hook(call: Call) -> HookView:
    async with call.services.database.snapshot() as tx:
        found = await webhooks.find(tx, call.id("hook_id"), call.caller.user_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    return _view(found)


async def change_hook(call: Call) -> HookView:
    caller, services, hook = call.caller, call.services, call.id("hook_id")
    body = call.body(ChangeHook)
    changes: dict[str, Any] = {
        name: value for name, value in structs.asdict(body).items() if value is not UNSET
    }
    async with services.database.snapshot() as tx:
        found = await webhooks.find(tx, hook, caller.user_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    if isinstance(body.events, list):
        _check_events(caller, body.events)
        changes["events"] = _names(body.events)
    if isinstance(body.url, str):
        # Who may not hear of alerts sends them nowhere else, either.
        if "events" not in changes and not may_hear(caller, found.events):
            raise Forbidden("It is sent alerts, which are for admins.", path="$.url")
        changes["host"] = await _host_of(services, body.url)
    changed = await services.database.run(
        lambda tx: webhooks.change(tx, hook, caller.user_id, changes)
    )
    if changed is None:
        raise NotFound(NOT_FOUND)
    return _view(changed)


async def rotate_hook(call: Call) -> HookCreated:
    services, hook, secret = call.services, call.id("hook_id"), signing.new_secret()
    until = services.clock() + timedelta(seconds=call.body(RotateHook).grace_seconds)
    async with services.database.transaction() as tx:
        rotated = await webhooks.rotate(
            tx,
            hook,
            call.caller.user_id,
            _sealed(services, hook, secret),
            previous_until=until,
        )
    if rotated is None:
        raise NotFound(NOT_FOUND)
    return _created(rotated, secret)


async def delete_hook(call: Call) -> None:
    user, hook = call.caller.user_id, call.id("hook_id")
    if not await call.services.database.run(lambda tx: webhooks.remove(tx, hook, user)):
        raise NotFound(NOT_FOUND)


def _check_events(caller: Principal, events: list[Notice]) -> None:
    """Raises Forbidden: some are not for the caller."""
    for place, event in enumerate(events):
        if not may_hear(caller, [event]):
            raise Forbidden("Alerts are for admins.", path=f"$.events[{place}]")


def may_hear(caller: Principal, events: Sequence[str]) -> bool:
    """Of alerts admins are told, by credentials that may read what admins see."""
    is_trusted = caller.is_admin and allows(caller, Scope.ADMIN_READ)
    return is_trusted or FOR_ADMINS.isdisjoint(events)


def _names(events: list[Notice]) -> list[str]:
    return list(dict.fromkeys(event.value for event in events))


async def _host_of(services: Services, url: str) -> str:
    """The host by which deliveries wait for each other. Raises Invalid: it may not be called."""
    try:
        target = await services.webhooks.check(url)
    except NotAllowed as error:
        raise Invalid(str(error), path="$.url") from error
    return target.name


def _sealed(services: Services, hook: UUID, secret: str) -> bytes:
    return services.accounts.sealer.seal(secret.encode(), purpose=signing.PURPOSE, row=hook)


def _created(made: Webhook, secret: str) -> HookCreated:
    return HookCreated(**structs.asdict(_view(made)), secret=secret)


def _view(stored: Webhook) -> HookView:
    return convert(stored, HookView, from_attributes=True)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/ai/hooks",
        handler=list_hooks,
        scope=Scope.READ,
        summary="The caller's webhooks, newest first, without their secrets.",
        tag=TAG,
        query=ListQuery,
        response=HookPage,
    ),
    Operation(
        method="POST",
        path="/api/ai/hooks",
        handler=create_hook,
        scope=Scope.WRITE,
        summary="Make a webhook; its secret is shown in this answer only.",
        tag=TAG,
        request=CreateHook,
        response=HookCreated,
        status=201,
        errors=(Forbidden, Conflict),
    ),
    Operation(
        method="GET",
        path="/api/ai/hooks/{hook_id:uuid}",
        handler=read_hook,
        scope=Scope.READ,
        summary="One webhook.",
        tag=TAG,
        response=HookView,
        errors=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path="/api/ai/hooks/{hook_id:uuid}",
        handler=change_hook,
        scope=Scope.WRITE,
        summary="Change a webhook; what is absent stays.",
        tag=TAG,
        request=ChangeHook,
        response=HookView,
        errors=(Forbidden, NotFound),
    ),
    Operation(
        method="DELETE",
        path="/api/ai/hooks/{hook_id:uuid}",
        handler=delete_hook,
        scope=Scope.WRITE,
        summary="Delete a webhook with its deliveries.",
        tag=TAG,
        errors=(NotFound,),
    ),
    Operation(
        method="POST",
        path="/api/ai/hooks/{hook_id:uuid}/rotate",
        handler=rotate_hook,
        scope=Scope.WRITE,
        summary="Give a webhook a new secret, shown in this answer only; the old one signs on.",
        tag=TAG,
        request=RotateHook,
        optional=True,
        response=HookCreated,
        status=201,
        errors=(NotFound,),
    ),
)
