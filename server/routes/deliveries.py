"""What is sent to a webhook: the events there are, what became of them, and sending them again."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, to_builtins

from server.accounts.access import Scope
from server.domain.errors import Conflict, Forbidden, NotFound, RateLimited
from server.domain.ids import new_id
from server.domain.notices import FOR_ADMINS, WEBHOOK_TEST, Notice
from server.persistence import deliveries, notices, webhooks
from server.persistence.database import Tx
from server.persistence.deliveries import Attempt, Delivery
from server.protocol.notices import EXAMPLES
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.hooks import NOT_FOUND, TAG, may_hear
from server.routes.operations import Operation

ASK_EVERY = timedelta(seconds=1)
"""Between two deliveries that somebody asks for at one webhook: enough for people, too little to
flood a stranger with."""

NOTHING_SENT = "There is no such delivery."

EXAMPLE_AT = datetime.fromisoformat("2026-05-01T12:00:00Z")
EXAMPLE_ID = UUID("01960000-0000-7000-8000-000000000000")


class EventView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``example``: a whole body. ``forAdmins``: nobody else can ask for it. ``webhook.test`` is
    sent to whoever asks for a test, and cannot be asked for otherwise."""

    event: str
    for_admins: bool
    example: dict[str, Any]


class Events(Struct, frozen=True, kw_only=True):
    items: list[EventView]


class DeliveryView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``state``: waiting, delivered, failed (given up) or cancelled (the webhook was disabled).
    ``nextAt`` null: it is not sent any more, unless somebody asks for it. ``attempts``: the oldest
    first; ``excerpt`` is the beginning of what was answered."""

    event_id: UUID
    event: str
    state: str
    next_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    attempts: list[Attempt]


class DeliveryPage(Page, frozen=True, kw_only=True):
    items: list[DeliveryView]


async def list_events(call: Call) -> Events:
    examples: dict[str, Any] = {event.value: to_builtins(EXAMPLES[event]) for event in Notice}
    return Events(
        items=[
            EventView(
                event=event,
                for_admins=event in FOR_ADMINS,
                example={
                    "type": event,
                    "timestamp": EXAMPLE_AT,
                    "id": str(EXAMPLE_ID),
                    "data": example,
                },
            )
            for event, example in (*examples.items(), (WEBHOOK_TEST, {}))
        ]
    )


async def list_deliveries(call: Call) -> DeliveryPage:
    hook, query = call.id("hook_id"), call.query(ListQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        if await webhooks.find(tx, hook, call.caller.user_id) is None:
            raise NotFound(NOT_FOUND)
        found = await deliveries.list_deliveries(tx, hook, before=before, limit=query.limit + 1)
    shown, last = cursors.page(found, query.limit)
    return DeliveryPage(
        items=[_view(one) for one in shown],
        next_cursor=cursors.write(last.event_id) if last else None,
    )


async def replay_delivery(call: Call) -> DeliveryView:
    now, event = call.services.clock(), call.id("event_id")

    async def ask(tx: Tx) -> Delivery:
        hook = await _asked(tx, call, now)
        if not await deliveries.ask(tx, hook, event, now):
            raise NotFound(NOTHING_SENT)
        found = await _found(tx, hook, event)
        if not may_hear(call.caller, [found.event]):
            raise Forbidden("Alerts are for admins.")
        return found

    return await _send(call, ask)


async def test_hook(call: Call) -> DeliveryView:
    now, event = call.services.clock(), new_id()
    body = notices.body_of(WEBHOOK_TEST, {}, id=event, now=now)

    async def ask(tx: Tx) -> Delivery:
        hook = await _asked(tx, call, now)
        await deliveries.add(tx, hook, event, WEBHOOK_TEST, body, now)
        return await _found(tx, hook, event)

    return await _send(call, ask)


async def _send(call: Call, ask: Callable[[Tx], Awaitable[Delivery]]) -> DeliveryView:
    asked = await call.services.database.run(ask)
    call.services.ring_courier()
    return _view(asked)


async def _asked(tx: Tx, call: Call, now: datetime) -> UUID:
    """The webhook that the path names, to which something is sent because its owner asks.

    Raises:
        NotFound: it is not the caller's.
        Conflict: it is disabled.
        RateLimited: its owner has just asked.
    """
    hook = await webhooks.find(tx, call.id("hook_id"), call.caller.user_id)
    if hook is None:
        raise NotFound(NOT_FOUND)
    if not hook.enabled:
        raise Conflict("This webhook is disabled: enable it before.")
    if not await webhooks.ask(tx, hook.id, now, since=now - ASK_EVERY):
        every_s = ASK_EVERY.total_seconds()
        raise RateLimited(
            "One delivery a second can be asked for at a webhook.",
            retry_after=every_s,
            metadata={"scope": "webhook", "limit": 1, "remaining": 0, "windowSeconds": every_s},
        )
    return hook.id


async def _found(tx: Tx, hook: UUID, event: UUID) -> Delivery:
    found = await deliveries.find(tx, hook, event)
    assert found is not None  # noqa: S101 - written in this transaction
    return found


def _view(stored: Delivery) -> DeliveryView:
    return DeliveryView(
        event_id=stored.event_id,
        event=stored.event,
        state=stored.state,
        next_at=stored.next_at if stored.state == "waiting" else None,
        created_at=stored.created_at,
        finished_at=stored.finished_at,
        attempts=stored.log,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/ai/hooks/events",
        handler=list_events,
        scope=Scope.READ,
        summary="The events that a webhook can ask for, with an example of each.",
        tag=TAG,
        response=Events,
    ),
    Operation(
        method="GET",
        path="/api/ai/hooks/{hook_id:uuid}/deliveries",
        handler=list_deliveries,
        scope=Scope.READ,
        summary="What was sent to a webhook in the last 30 days, newest first, with each attempt.",
        tag=TAG,
        query=ListQuery,
        response=DeliveryPage,
        errors=(NotFound,),
    ),
    Operation(
        method="POST",
        path="/api/ai/hooks/{hook_id:uuid}/deliveries/{event_id:uuid}/replay",
        handler=replay_delivery,
        scope=Scope.WRITE,
        summary="Send an event to a webhook again, under the same id.",
        tag=TAG,
        response=DeliveryView,
        status=202,
        errors=(Forbidden, NotFound, Conflict, RateLimited),
    ),
    Operation(
        method="POST",
        path="/api/ai/hooks/{hook_id:uuid}/test",
        handler=test_hook,
        scope=Scope.WRITE,
        summary="Send a test event to a webhook, once.",
        tag=TAG,
        response=DeliveryView,
        status=202,
        errors=(NotFound, Conflict, RateLimited),
    ),
)
