"""``credits``: give them."""

import asyncio

import click

from billing.ledger import Ledger
from server.accounts.access import own_account
from server.cli import people
from server.cli.context import show
from server.domain.clock import month_of, utc_now
from server.domain.ids import UserId, new_id
from server.domain.money import MicroCredits, credits_text, parse_credits


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
    """Give credits."""


@credits.command()
@click.option("--email", required=True, help="Who gets them.")
@click.option(
    "--credits", "amount", required=True, type=CreditAmount(), help="How many, e.g. 250 or 0.5."
)
@click.option("--key", required=True, help="Names this gift: repeated with it, nothing is given.")
@click.option("--reason", help="Shown beside the entry.")
@click.option("--json", "as_json", is_flag=True, help='Print {"granted", "credits"}.')
def grant(*, email: str, amount: MicroCredits, key: str, reason: str | None, as_json: bool) -> None:
    """Give credits, once: the same KEY again changes nothing, with another amount it is refused."""
    if not key.strip() or len(key) > 200:
        raise click.BadParameter("1 to 200 characters", param_hint="--key")
    asyncio.run(_grant(email, amount, key, reason, as_json=as_json))


async def _grant(
    email: str, amount: MicroCredits, key: str, reason: str | None, *, as_json: bool
) -> None:
    ledger, transfer, month = Ledger(), new_id(), month_of(utc_now())
    async with people.open_running() as (_, database), database.transaction() as tx:
        found = await people.find(tx, email)
        account = own_account(found.id)
        # Its own name space: an operator's key can never be that of a welcome or a purchase.
        granted = await ledger.grant(
            tx, account, amount, key=f"grant:{key}", reason=reason, id=transfer
        )
        if granted:
            given = {"credits": credits_text(amount), "key": key, "reason": reason}
            await people.note(
                tx, "credits.grant", target_kind="user", target_id=found.id, after=given
            )
        figures = await ledger.figures(tx, account, UserId(found.id), month, None)
    balance = credits_text(figures.balance)
    done = f"granted {credits_text(amount)} credits" if granted else "granted before, nothing done"
    show(
        {"granted": granted, "credits": balance},
        as_json=as_json,
        text=f"{done}; {found.email} has {balance}",
    )
