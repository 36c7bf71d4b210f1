"""Pausing a scope and letting it go on: one request each way, by admins."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from billing import alerts, pauses
from billing.alerts import ScopeKind
from billing.pauses import Pause
from billing.quotas import moment_text
from server.accounts.access import Scope
from server.accounts.naming import find_user
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.ids import new_id
from server.domain.usage import FEATURES
from server.persistence import people
from server.persistence.database import Tx
from server.routes import audit, cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Access, Operation

TAG = "admin"
PATH = "/api/admin/pauses"

MINUTES_MAX = 30 * 24 * 60
"""Longer than a month is for good: until somebody lifts it."""


class PausesQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``state`` ``all``: also those that have ended or were lifted."""

    state: Literal["active", "all"] = "active"


class NewPause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``key`` names what of that kind: a creator by id or as ``external:<externalId>``, a model by
    its id; of ``system`` there is none. ``minutes`` absent: until it is lifted. ``reason`` is told
    to everybody whose turn is refused. ``alertId``: of the incident that it is done for."""

    scope: ScopeKind
    key: Annotated[str, Meta(max_length=300)] = ""
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_MAX)] | None = None
    alert_id: UUID | None = None


class PauseView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``until`` null: nobody has said how long. ``active``: new turns of it are refused right now.
    ``createdBy`` null: an alert did, by itself."""

    id: UUID
    scope: ScopeKind
    key: str
    reason: str
    alert_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    until: datetime | None
    active: bool
    lifted_at: datetime | None
    lifted_by: UUID | None


class PausePage(Page, frozen=True, kw_only=True):
    items: list[PauseView]


async def list_pauses(call: Call) -> PausePage:
    query = call.query(PausesQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await pauses.list_pauses(
            tx, in_force=query.state == "active", before=before, limit=query.limit + 1
        )
    shown, last = cursors.page(found, query.limit)
    return PausePage(
        items=[_view(one, call.services.clock()) for one in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def create_pause(call: Call) -> PauseView:
    body, services, id = call.body(NewPause), call.services, new_id()
    now = services.clock()

    async def work(tx: Tx) -> Pause:
        key = await _key(tx, call, body)
        if body.alert_id is not None and await alerts.find_alert(tx, body.alert_id) is None:
            raise NotFound("There is no such alert.", path="$.alertId")
        made = await pauses.pause(
            tx,
            body.scope,
            key,
            body.reason,
            by=call.caller.user_id,
            ends_at=None if body.minutes is None else now + timedelta(minutes=body.minutes),
            alert_id=body.alert_id,
            id=id,
        )
        if made is None:
            raise Conflict("That is paused already; lift it to pause it anew.", path="$.key")
        await _record(tx, call, "pause.begin", made, after=_told(made))
        await pauses.tell_alerts(tx, made, now)
        return made

    made = await services.database.run(work)
    await _refresh(call)
    return _view(made, now)


async def lift_pause(call: Call) -> PauseView:
    services, now = call.services, call.services.clock()

    async def work(tx: Tx) -> Pause:
        lifted = await pauses.lift(tx, call.id("pause_id"), call.caller.user_id)
        if lifted is None:
            raise NotFound("There is no such pause in force.")
        await _record(tx, call, "pause.lift", lifted, before=_told(lifted))
        await pauses.tell_alerts(tx, lifted, now)
        return lifted

    lifted = await services.database.run(work)
    await _refresh(call)
    return _view(lifted, now)


async def _key(tx: Tx, call: Call, body: NewPause) -> str:
    """What is stored. A typing error would make a pause that holds nobody back.

    Raises:
        Invalid, NotFound: there is nothing of that kind with that name.
    """
    services, key = call.services, body.key
    known: Collection[str]
    match body.scope:
        case "creator":
            return str(await _creator(tx, key))
        case "system":
            if key:
                raise Invalid("The system as a whole has no key.", path="$.key")
            return key
        case "model":
            known = [model.id for model in services.registry.models()]
        case "provider":
            known = services.registry.providers
        case "feature":
            known = FEATURES
        case "agent":
            known = services.agents
    if key not in known:
        raise Invalid(f"The key of {body.scope} is one of: {', '.join(known)}.", path="$.key")
    return key


async def _creator(tx: Tx, name: str) -> UUID:
    try:
        user = await find_user(tx, name)
        if await people.find(tx, user) is None:
            raise NotFound("There is no such user.")
    except (Invalid, NotFound) as error:
        error.path = "$.key"
        raise
    return user


async def _record(tx: Tx, call: Call, action: str, pause: Pause, **states: dict[str, Any]) -> None:
    await audit.record(
        tx, call, action=action, target_kind="pause", target_id=str(pause.id), **states
    )


def _told(pause: Pause) -> dict[str, Any]:
    """For the audit log."""
    return {
        "scope": pause.scope_kind,
        "key": pause.scope_key,
        "reason": pause.reason,
        "until": None if pause.ends_at is None else moment_text(pause.ends_at),
    }


async def _refresh(call: Call) -> None:
    """This process follows at once; the others look every two seconds."""
    async with call.services.database.snapshot() as tx:
        await call.services.pauses.refresh(tx)


def _view(pause: Pause, now: datetime) -> PauseView:
    return PauseView(
        id=pause.id,
        scope=pause.scope_kind,
        key=pause.scope_key,
        reason=pause.reason,
        alert_id=pause.alert_id,
        created_by=pause.created_by,
        created_at=pause.created_at,
        until=pause.ends_at,
        active=pause.holds(now),
        lifted_at=pause.lifted_at,
        lifted_by=pause.lifted_by,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_pauses,
        scope=Scope.ADMIN_READ,
        summary="What is paused, newest first; with those that are over, if asked for.",
        tag=TAG,
        access=Access.ADMIN,
        query=PausesQuery,
        response=PausePage,
        errors=(Forbidden,),
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=create_pause,
        summary="Refuse new turns of a scope at once; those that run go on.",
        tag=TAG,
        access=Access.ADMIN,
        request=NewPause,
        response=PauseView,
        status=201,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{pause_id:uuid}}",
        handler=lift_pause,
        summary="Let new turns of a paused scope in again.",
        tag=TAG,
        access=Access.ADMIN,
        response=PauseView,
        errors=(Forbidden, NotFound),
    ),
)
