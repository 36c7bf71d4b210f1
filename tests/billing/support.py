"""What tests of billing begin with: users with an account, claims, usage events, statements."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Connection, event, text

from billing.ledger import HoldClaim, Ledger
from server.domain.ids import AccountId, CallId, TurnId, UserId, WorkspaceId, new_id
from server.domain.money import MicroCredits, NanoUsd, PicoUsd
from server.domain.usage import CallOutcome, Price, Usage, UsageEvent
from server.persistence.borrowed import (
    BEGIN,
    BEGIN_SNAPSHOT,
    BORROWED,
    COMMIT,
    ROLLBACK,
    Borrowed,
)
from server.persistence.database import Database, Tx

BOUNDS = {BEGIN, BEGIN_SNAPSHOT, COMMIT, ROLLBACK}
MONTH = date(2026, 3, 1)
NOON = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
PER_USD = 1_000
CREDIT = 1_000_000


async def make_user(database: Database, credits: int = 0) -> tuple[UserId, AccountId]:
    """A user with a personal workspace and an account that holds ``credits`` micro-credits."""
    user, workspace, account = UserId(new_id()), new_id(), AccountId(new_id())
    async with database.transaction() as tx:
        await tx.execute(
            text("INSERT INTO workspaces (id, name, personal) VALUES (:id, 'Own', true)"),
            {"id": workspace},
        )
        await tx.execute(
            text(
                "INSERT INTO users (id, email, name, role, workspace_id)"
                " VALUES (:id, :email, 'Someone', 'user', :workspace)"
            ),
            {"id": user, "email": f"{user}@example.test", "workspace": workspace},
        )
        ledger = Ledger()
        await ledger.open_account(tx, account=account, kind="user", owner=user)
        if credits:
            await give(tx, account, credits)
    return user, account


async def give(tx: Tx, account: AccountId, credits: int) -> None:
    id_ = new_id()
    await Ledger().grant(tx, account, MicroCredits(credits), key=f"test:{id_}", reason=None, id=id_)


def claim_for(
    user: UserId,
    account: AccountId,
    credits: int,
    *,
    turn: UUID | None = None,
    step: int = 1,
    usd: int | None = None,
    limit: int | None = None,
    month: date = MONTH,
) -> HoldClaim:
    """A hold of ``credits`` micro-credits; its dollars are the same number unless given."""
    return HoldClaim(
        id=new_id(),
        turn_id=TurnId(turn or new_id()),
        step=step,
        account_id=account,
        user_id=user,
        month=month,
        credits=MicroCredits(credits),
        usd=NanoUsd(credits if usd is None else usd),
        quota_limit=None if limit is None else NanoUsd(limit),
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
    )


def usage_event(
    user: UserId, *, at: datetime = NOON, cost: int = 1_275_000, **changes: object
) -> UsageEvent:
    """One successful call that cost ``cost`` nano-dollars and was charged at 1000 credits."""
    fields: dict[str, object] = {
        "call_id": CallId(new_id()),
        "turn_id": TurnId(new_id()),
        "creator_id": user,
        "workspace_id": WorkspaceId(new_id()),
        "feature": "chat",
        "agent": "assistant",
        "provider": "demo",
        "model": "demo/causerie-demo",
        "usage": Usage(input_tokens=100, output_tokens=50, raw={"prompt_tokens": 100}),
        "price": Price(input=PicoUsd(1_000), output=PicoUsd(2_000)),
        "cost_usd": NanoUsd(cost),
        "charged": MicroCredits(cost),
        "charged_usd": NanoUsd(cost),
        "outcome": CallOutcome.OK,
        "plan": "starter",
        "month": MONTH,
        "correlation_id": "req-1",
        "duration_ms": 420,
        "at": at,
        **changes,
    }
    return UsageEvent(**fields)  # type: ignore[arg-type]  # a table of fields, checked at run time


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """The statements that are sent while the block runs."""
    seen: list[str] = []

    def note(_: Borrowed, statement: str) -> None:
        if statement not in BOUNDS:
            seen.append(statement)

    with _listening(database, note):
        yield seen


@contextmanager
def uses_of(database: Database) -> Iterator[list[list[str]]]:
    """All round trips to PostgreSQL while the block runs, BEGIN and COMMIT as well, together as
    they share a connection."""
    uses: dict[Borrowed, list[str]] = {}
    seen: list[list[str]] = []

    def note(borrowed: Borrowed, statement: str) -> None:
        if borrowed not in uses:
            seen.append(uses.setdefault(borrowed, []))
        uses[borrowed].append(statement)

    with _listening(database, note):
        yield seen


@contextmanager
def _listening(database: Database, note: Callable[[Borrowed, str], None]) -> Iterator[None]:
    """Both doors are heard: SQLAlchemy's, and the one straight to the driver."""

    def before(connection: Connection, _u: object, statement: str, *_rest: object) -> None:
        note(connection.info[BORROWED], statement)

    ask = Borrowed.ask

    async def listened(
        borrowed: Borrowed, call: Callable[..., Awaitable[Any]], statement: str, *values: object
    ) -> Any:
        if borrowed.connection.engine is database.engine:
            note(borrowed, statement)
        return await ask(borrowed, call, statement, *values)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", before)
    try:
        with patch.object(Borrowed, "ask", listened):
            yield
    finally:
        event.remove(engine, "before_cursor_execute", before)
