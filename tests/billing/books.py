"""Books that add up, made by the code that makes them: turns admitted, settled, billed."""

from datetime import date, datetime

from msgspec import Struct, convert, to_builtins
from sqlalchemy import text

from billing.consumers import charges
from billing.ledger import Ledger
from billing.pricing import cost
from billing.refunds import Refund, Refunded, refund
from server.domain.errors import WorkerLost
from server.domain.ids import (
    AccountId,
    BootId,
    CallId,
    ConversationId,
    MessageId,
    TurnId,
    UserId,
    new_id,
)
from server.domain.money import MicroCredits, PicoUsd
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Price, Usage, UsageEvent
from server.persistence import messages, turns
from server.persistence.database import Database, Tx
from server.persistence.messages import Words
from server.persistence.turns import NewTurn
from server.turns.meter import Call
from server.turns.settlement import Ending, Settler
from tests.billing.support import CREDIT, MONTH, NOON, PER_USD, claim_for, make_user

PRICE = Price(input=PicoUsd(1_000_000), output=PicoUsd(2_000_000))
"""A milli-dollar, which is a credit, for a thousand tokens of input."""


class Owner(Struct, frozen=True, kw_only=True):
    """Who pays."""

    user: UserId
    account: AccountId


async def make_owner(database: Database, credits: int = 10 * CREDIT) -> Owner:
    user, account = await make_user(database, credits)
    return Owner(user=user, account=account)


async def admit(
    database: Database,
    owner: Owner,
    credits: int = CREDIT,
    *,
    plan: str = "starter",
    month: date = MONTH,
    price: Price = PRICE,
) -> NewTurn:
    """A turn with its question and its hold, as transaction one leaves them."""
    async with database.snapshot() as snapshot:
        workspace = await snapshot.scalar(
            text("SELECT workspace_id FROM users WHERE id = :user"), {"user": owner.user}
        )
    conversation = ConversationId(new_id())
    turn = NewTurn(
        id=TurnId(new_id()),
        user_id=owner.user,
        workspace_id=workspace,
        account_id=owner.account,
        conversation_id=conversation,
        client_message_id=new_id(),
        request_hash=b"",
        tip_id=None,
        user_message_id=MessageId(new_id()),
        message_id=MessageId(new_id()),
        boot_id=BootId(new_id()),
        agent="assistant",
        provider="demo",
        model="demo/causerie-demo",
        feature="chat",
        plan=plan,
        month=month,
        correlation_id="req",
        input_tokens=1,
        price=to_builtins(price),
        started={},
    )
    claim = claim_for(owner.user, owner.account, credits, turn=turn.id, month=month)

    async def work(tx: Tx) -> None:
        await messages.add_conversation(
            tx, id=conversation, user=owner.user, workspace=workspace, title=""
        )
        assert await turns.insert(tx, turn)
        await Ledger().hold(tx, claim)
        words = Words(parent_id=None, text="Hello", parts=None, turn_id=turn.id, at=NOON)
        assert await messages.go_on(
            tx,
            conversation,
            turn.user_message_id,
            words=words,
            expected=None,
            checked=False,
            title="",
        )

    await database.run(work)
    return turn


async def end(
    database: Database,
    turn: NewTurn,
    *used: int,
    state: TurnState = TurnState.COMPLETED,
    at: datetime = NOON,
) -> None:
    """Transaction two: one provider call for each number of input tokens in ``used``."""
    price = convert(turn.price, Price)
    calls = []
    for tokens in used:
        usage = Usage(input_tokens=tokens, output_tokens=0, raw={"prompt_tokens": tokens})
        calls.append(
            Call(
                call_id=CallId(new_id()),
                agent=turn.agent,
                provider=turn.provider,
                model=turn.model,
                usage=usage,
                outcome=CallOutcome.OK,
                price=price,
                cost_usd=cost(usage, price),
                started_at=at,
                ended_at=at,
            )
        )
    settler = Settler(
        database,
        Ledger(),
        credits_per_usd=PER_USD,
        charge_failed=False,
        tell=lambda *_: None,  # nobody has a session open
    )
    outcome = await settler.settle(
        Ending(
            turn=turn,
            fence=1,
            state=state,
            seq=7,
            text="An answer",
            calls=calls,
            at=at,
            transfer_id=new_id(),
            error=WorkerLost("gone") if state is TurnState.FAILED else None,
        )
    )
    assert outcome is not None


async def bill(database: Database) -> list[UsageEvent]:
    """All that waits, as a worker writes it; answers the events."""
    async with database.transaction() as tx:
        payloads = await tx.scalars(
            text("SELECT payload FROM outbox WHERE applied_at IS NULL ORDER BY id")
        )
        events = [convert(payload, UsageEvent) for payload in payloads]
        await charges.apply(tx, events)
    return events


async def give_back(database: Database, credits: int | None = None) -> Refunded:
    """Of the completed turn, so many micro-credits; None: all that is left."""
    async with database.transaction() as tx:
        turn = await tx.scalar(text("SELECT id FROM turns WHERE state = 'completed' LIMIT 1"))
        wanted = Refund(
            id=new_id(),
            turn_id=turn,
            credits=None if credits is None else MicroCredits(credits),
            reason="It was wrong",
            key=str(new_id()),
            actor=None,
        )
        return await refund(tx, wanted)


async def run(database: Database, *statements: str) -> None:
    """Meddle with the books."""
    async with database.transaction() as tx:
        for statement in statements:
            await tx.execute(text(statement))
