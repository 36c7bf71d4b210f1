"""An admin gives back what a turn was charged, with a reason."""

from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from billing.refunds import Refund, Refunded
from server.domain.errors import Conflict, Forbidden, IdempotencyMismatch, NotFound
from server.domain.ids import new_id
from server.domain.money import credits_text
from server.persistence.database import Tx
from server.routes import audit
from server.routes.bookings import Key, Reason
from server.routes.calls import Call
from server.routes.operations import Access, Operation
from server.routes.packs import Amount, credits_of
from server.turns.crediting import Told, give_back


class RefundTurn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``credits`` absent: all that is left of what was charged. ``reason`` is told to the user and
    stands beside the entry. ``key``: repeated with it, nothing more goes back."""

    credits: Amount | UnsetType = UNSET
    reason: Reason
    key: Key


class RefundView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``refunded`` false: that key has done it before. ``left`` can still be given back.
    ``entryId``: that of the account's entry."""

    refunded: bool
    credits: str
    left: str
    entry_id: UUID


async def refund_turn(call: Call) -> RefundView:
    body, services, turn = call.body(RefundTurn), call.services, call.id("turn_id")
    wanted = Refund(
        id=new_id(),
        turn_id=turn,
        credits=None if isinstance(body.credits, UnsetType) else credits_of(body.credits),
        reason=body.reason,
        key=body.key,
        actor=call.caller.user_id,
    )
    now = services.clock()

    async def work(tx: Tx) -> tuple[Refunded, Told | None]:
        done, told = await give_back(tx, wanted, now=now)
        if done.balance is not None:
            after = {
                "credits": credits_text(done.credits),
                "key": body.key,
                "reason": body.reason,
                "left": credits_text(done.left),
            }
            await audit.record(
                tx,
                call,
                action="turn.refund",
                target_kind="turn",
                target_id=turn,
                before={"left": credits_text(done.left + done.credits)},
                after=after,
            )
        return done, told

    done, told = await services.database.run(work)
    if told is not None:
        services.engine.feed.tell_user(*told)
    return RefundView(
        refunded=done.balance is not None,
        credits=credits_text(done.credits),
        left=credits_text(done.left),
        entry_id=done.transfer_id,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/admin/turns/{turn_id:uuid}/refund",
        handler=refund_turn,
        summary="Give back what a turn was charged, or a part of it, to the account that paid.",
        tag="credits",
        access=Access.ADMIN,
        request=RefundTurn,
        response=RefundView,
        errors=(Forbidden, NotFound, Conflict, IdempotencyMismatch),
    ),
)
