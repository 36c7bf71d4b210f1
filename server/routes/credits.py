"""What can be spent, and every movement of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field
from starlette.responses import Response

from billing.history import Entries, Entry, EntryFilter, EntryKind, entries
from server.accounts import membership
from server.accounts.access import Principal, Scope, own_account
from server.domain.clock import month_of
from server.domain.errors import Forbidden, NotFound, RateLimited
from server.domain.ids import AccountId
from server.domain.money import credits_text
from server.persistence.database import Snapshot
from server.persistence.recent import chats_of
from server.routes import csvs, cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.operations import Operation

Moment = Annotated[datetime, Meta(tz=True)]


class CreditsQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``workspaceId``: the account of that workspace; absent: one's own. ``kind``: entries of that
    kind, ``from`` and up to without ``to``: of that time."""

    workspace_id: UUID | None = None
    kind: EntryKind | None = None
    start: Moment | None = field(default=None, name="from")
    end: Moment | None = field(default=None, name="to")


class EntryView(Struct, frozen=True, kw_only=True, rename="camel"):
    """One movement; ``credits`` is negative where they left the account. ``conversationId``: where
    the turn can be read, if it can."""

    id: UUID
    kind: str
    credits: str
    turn_id: UUID | UnsetType = UNSET
    conversation_id: UUID | UnsetType = UNSET
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


async def read_credits(call: Call) -> CreditsView | Response:
    if csvs.wants_csv(call.request):
        return await read_credits_table(call)
    caller, query, services = call.caller, call.query(CreditsQuery), call.services
    before = cursors.read(query.cursor, UUID)
    month = month_of(services.clock())
    limit = services.plans.of(caller.plan, caller.own_limits).quota_usd
    async with services.database.snapshot() as tx:
        account, shows_entries = await _account(tx, caller, query.workspace_id)
        figures = await services.ledger.figures(tx, account, caller.user_id, month, limit)
        found = Entries(items=[], next_cursor=None)
        if shows_entries:
            fits = _filter(query)
            found = await entries(tx, account, before, query.limit, fits)
        chats = await chats_of(
            tx, caller.user_id, [entry.turn_id for entry in found.items if entry.turn_id]
        )
    return CreditsView(
        credits=credits_text(figures.balance),
        held=credits_text(figures.held),
        spendable=credits_text(figures.spendable),
        entries=[_view(entry, chats) for entry in found.items],
        next_cursor=cursors.write(found.next_cursor) if found.next_cursor else None,
    )


async def read_credits_table(call: Call) -> Response:
    """All entries, however many; for whoever may see them."""
    caller, query, services = call.caller, call.query(CreditsQuery), call.services
    async with services.database.snapshot() as tx:
        account, shows_entries = await _account(tx, caller, query.workspace_id)
    if not shows_entries:
        raise Forbidden("Only an owner of the workspace may do that.")

    async def fill(write: csvs.Write) -> None:
        before, fits = cursors.read(query.cursor, UUID), _filter(query)
        async with services.database.snapshot() as tx:
            while True:
                page = await entries(tx, account, before, csvs.ROWS, fits)
                await write(_cells(entry) for entry in page.items)
                if (before := page.next_cursor) is None:
                    return

    header = ("at (UTC)", "id", "kind", "credits", "turnId", "reason")
    return services.downloads.csv(caller, "credits", header, fill)


def _filter(query: CreditsQuery) -> EntryFilter:
    return EntryFilter(kind=query.kind, start=query.start, end=query.end)


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


def _view(entry: Entry, chats: Mapping[UUID, UUID]) -> EntryView:
    return EntryView(
        id=entry.id,
        kind=entry.kind,
        credits=credits_text(entry.credits),
        turn_id=UNSET if entry.turn_id is None else entry.turn_id,
        conversation_id=UNSET if entry.turn_id is None else chats.get(entry.turn_id, UNSET),
        reason=UNSET if entry.reason is None else entry.reason,
        at=entry.at,
    )


def _cells(entry: Entry) -> tuple[object, ...]:
    return (
        csvs.moment(entry.at),
        entry.id,
        entry.kind,
        credits_text(entry.credits),
        entry.turn_id,
        entry.reason,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/credits",
        handler=read_credits,
        scope=Scope.READ,
        summary="The balance, and every movement of it, newest first; with Accept: text/csv those"
        " as a table.",
        tag="credits",
        query=CreditsQuery,
        response=CreditsView,
        errors=(NotFound, RateLimited),
    ),
    Operation(
        method="GET",
        path="/api/credits.csv",
        handler=read_credits_table,
        scope=Scope.READ,
        summary="Every movement of the balance, newest first, as a table of any length.",
        tag="credits",
        query=CreditsQuery,
        enveloped=False,
        media=csvs.MEDIA,
        errors=(Forbidden, NotFound, RateLimited),
    ),
)
