"""What can be spent, and every movement of it."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from billing.ledger import Entries, Entry
from server.accounts import membership
from server.accounts.access import Principal, Scope, own_account
from server.domain.clock import month_of
from server.domain.errors import NotFound
from server.domain.ids import AccountId
from server.domain.money import credits_text
from server.persistence.database import Snapshot
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.operations import Operation


class CreditsQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``workspaceId``: the account of that workspace; absent: one's own."""

    workspace_id: UUID | None = None


class EntryView(Struct, frozen=True, kw_only=True, rename="camel"):
    """One movement; ``credits`` is negative where they left the account."""

    id: UUID
    kind: str
    credits: str
    turn_id: UUID | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    at: datetime


class CreditsView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``spendable`` is ``credits`` less what is ``held``; ``entries`` newest first. Those of a
    workspace are for its owners, to others there are none."""

    credits: str
    held: str
    spendable: str
    entries: list[EntryView]
    next_cursor: str | None


async def read_credits(call: Call) -> CreditsView:
    caller, query, services = call.caller, call.query(CreditsQuery), call.services
    before = cursors.read(query.cursor, UUID)
    month = month_of(services.clock())
    limit = services.plans.of(caller.plan, caller.own_limits).quota_usd
    async with services.database.snapshot() as tx:
        account, shows_entries = await _account(tx, caller, query.workspace_id)
        figures = await services.ledger.figures(tx, account, caller.user_id, month, limit)
        found = Entries(items=[], next_cursor=None)
        if shows_entries:
            found = await services.ledger.entries(tx, account, before, query.limit)
    return CreditsView(
        credits=credits_text(figures.balance),
        held=credits_text(figures.held),
        spendable=credits_text(figures.spendable),
        entries=[_view(entry) for entry in found.items],
        next_cursor=cursors.write(found.next_cursor) if found.next_cursor else None,
    )


async def _account(
    tx: Snapshot, caller: Principal, workspace: UUID | None
) -> tuple[AccountId, bool]:
    """Whose figures to tell, and whether their entries as well."""
    if workspace is None and caller.account_id != own_account(caller.user_id):
        workspace = caller.workspace_id  # a bound key's turns are paid for there
    if workspace is None:
        return caller.account_id, True
    found = await membership.seen(tx, caller, workspace)
    if found.personal:
        return own_account(caller.user_id), True
    return AccountId(found.id), found.is_owned


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
        query=CreditsQuery,
        response=CreditsView,
        errors=(NotFound,),
    ),
)
