"""What can be spent, and every movement of it."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from billing.ledger import Entry
from server.accounts.access import Scope
from server.domain.clock import month_of
from server.domain.money import credits_text
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.operations import Operation


class EntryView(Struct, frozen=True, kw_only=True, rename="camel"):
    """One movement; ``credits`` is negative where they left the account."""

    id: UUID
    kind: str
    credits: str
    turn_id: UUID | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    at: datetime


class CreditsView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``spendable`` is ``credits`` less what is ``held``; ``entries`` newest first."""

    credits: str
    held: str
    spendable: str
    entries: list[EntryView]
    next_cursor: str | None


async def read_credits(call: Call) -> CreditsView:
    caller, query, services = call.caller, call.query(ListQuery), call.services
    before = cursors.read(query.cursor, UUID)
    month, limit = month_of(services.clock()), services.plans.of(caller.plan).quota_usd
    async with services.database.snapshot() as tx:
        figures = await services.ledger.figures(tx, caller.account_id, caller.user_id, month, limit)
        found = await services.ledger.entries(tx, caller.account_id, before, query.limit)
    return CreditsView(
        credits=credits_text(figures.balance),
        held=credits_text(figures.held),
        spendable=credits_text(figures.spendable),
        entries=[_view(entry) for entry in found.items],
        next_cursor=cursors.write(found.next_cursor) if found.next_cursor else None,
    )


def _view(entry: Entry) -> EntryView:
    return EntryView(
        id=entry.id,
        kind=entry.kind,
        credits=credits_text(entry.credits),
        turn_id=UNSET if entry.turn_id is None else entry.turn_id,
        reason=UNSET if entry.reason is None else entry.reason,
        at=entry.at,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/credits",
        handler=read_credits,
        scope=Scope.READ,
        summary="The balance, and every movement of it, newest first.",
        tag="credits",
        query=ListQuery,
        response=CreditsView,
    ),
)
