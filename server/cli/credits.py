"""``credits``: give them, give them back."""

import asyncio
from uuid import UUID

import click

from billing.ledger import Ledger
from billing.refunds import Refund, Refunded
from server.cli import people
from server.cli.context import show
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.money import MicroCredits, credits_text, parse_credits
from server.persistence import workspaces
from server.persistence.database import Tx
from server.turns.crediting import (
    Booked,
    Booking,
    Told,
    book_for_user,
    book_for_workspace,
    give_back,
)


class CreditAmount(click.ParamType[MicroCredits]):
    """A decimal number of credits above zero, exact to a millionth."""

    name = "credits"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> MicroCredits:
        if isinstance(value, int):
            return MicroCredits(value)
        try:
            amount = parse_credits(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if amount <= 0:
            self.fail(f"expected more than 0 credits, got {value}", param, ctx)
        return amount


@click.group()
def credits() -> None:
    """Give credits, and give back what turns were charged."""


@credits.command()
@click.option("--email", help="Who gets them.")
@click.option("--workspace", type=click.UUID, help="Or: the shared workspace that gets them.")
@click.option(
    "--credits", "amount", required=True, type=CreditAmount(), help="How many, e.g. 250 or 0.5."
)
@click.option("--key", required=True, help="Names this gift: repeated with it, nothing is given.")
@click.option("--reason", help="Shown beside the entry.")
@click.option("--json", "as_json", is_flag=True, help='Print {"granted", "credits"}.')
def grant(
    *,
    email: str | None,
    workspace: UUID | None,
    amount: MicroCredits,
    key: str,
    reason: str | None,
    as_json: bool,
) -> None:
    """Give credits, once: the same KEY again changes nothing, with another amount it is refused."""
    _check_key(key)
    to = email or workspace
    if to is None or (email and workspace):
        raise click.UsageError("Give either --email or --workspace.")
    asyncio.run(_grant(to, amount, key, reason, as_json=as_json))


async def _grant(
    to: str | UUID, amount: MicroCredits, key: str, reason: str | None, *, as_json: bool
) -> None:
    ledger, now = Ledger(), utc_now()
    booking = Booking(id=new_id(), kind="grant", credits=amount, key=key, reason=reason)
    async with people.open_running() as (settings, database):

        async def book(tx: Tx) -> tuple[Booked, str | None]:
            if isinstance(to, UUID):
                kind, account, name = "workspace", to, await workspaces.name_of_shared(tx, to)
                booked = await book_for_workspace(tx, ledger, to, booking, now=now)
            else:
                found = await people.find(tx, to)
                kind, account, name = "user", found.id, found.email
                booked = await book_for_user(tx, ledger, found.id, booking, now=now)
            if booked.is_new:
                given = {"credits": credits_text(amount), "key": key, "reason": reason}
                await people.note(
                    tx, "credits.grant", target_kind=kind, target_id=account, after=given
                )
            return booked, name

        booked, name = await database.run(book)
        await people.tell_balance(settings, booked.told)
    balance = booked.balance.credits
    done = "granted before, nothing done"
    if booked.is_new:
        done = f"granted {credits_text(amount)} credits"
    show(
        {"granted": booked.is_new, "credits": balance},
        as_json=as_json,
        text=f"{done}; {name} has {balance}",
    )


@credits.command()
@click.argument("turn", type=click.UUID)
@click.option(
    "--credits",
    "amount",
    type=CreditAmount(),
    help="How many, e.g. 0.5; default: all that is left of what was charged.",
)
@click.option("--key", required=True, help="Names this refund: repeated with it, nothing is done.")
@click.option("--reason", required=True, help="Told to the user, and shown beside the entry.")
@click.option("--json", "as_json", is_flag=True, help='Print {"refunded", "credits", "left"}.')
def refund(
    *, turn: UUID, amount: MicroCredits | None, key: str, reason: str, as_json: bool
) -> None:
    """Give back what TURN (its id) was charged, to the account that paid: never more than that."""
    _check_key(key)
    if not reason.strip() or len(reason) > 500:
        raise click.BadParameter("1 to 500 characters", param_hint="--reason")
    wanted = Refund(id=new_id(), turn_id=turn, credits=amount, reason=reason, key=key, actor=None)
    asyncio.run(_refund(wanted, as_json=as_json))


async def _refund(wanted: Refund, *, as_json: bool) -> None:
    now = utc_now()
    async with people.open_running() as (settings, database):

        async def work(tx: Tx) -> tuple[Refunded, Told | None]:
            done, told = await give_back(tx, wanted, now=now)
            if done.balance is not None:
                after = {
                    "credits": credits_text(done.credits),
                    "key": wanted.key,
                    "reason": wanted.reason,
                    "left": credits_text(done.left),
                }
                await people.note(
                    tx, "turn.refund", target_kind="turn", target_id=wanted.turn_id, after=after
                )
            return done, told

        done, told = await database.run(work)
        await people.tell_balance(settings, told)
    is_new = done.balance is not None
    credits, left = credits_text(done.credits), credits_text(done.left)
    said = "refunded" if is_new else "nothing done, refunded before:"
    show(
        {"refunded": is_new, "credits": credits, "left": left},
        as_json=as_json,
        text=f"{said} {credits} credits; {left} are left of what the turn was charged",
    )


def _check_key(key: str) -> None:
    if not key.strip() or len(key) > 200:
        raise click.BadParameter("1 to 200 characters", param_hint="--key")
