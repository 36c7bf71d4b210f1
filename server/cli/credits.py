"""``credits``: give them."""

import asyncio
from uuid import UUID

import click

from billing.ledger import Ledger
from server.accounts.access import own_account
from server.cli import people
from server.cli.context import show
from server.domain.clock import month_of, utc_now
from server.domain.errors import NotFound
from server.domain.ids import AccountId, UserId, new_id
from server.domain.money import MicroCredits, credits_text, parse_credits
from server.persistence import workspaces
from server.persistence.database import Tx


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
    if not key.strip() or len(key) > 200:
        raise click.BadParameter("1 to 200 characters", param_hint="--key")
    to = email or workspace
    if to is None or (email and workspace):
        raise click.UsageError("Give either --email or --workspace.")
    asyncio.run(_grant(to, amount, key, reason, as_json=as_json))


async def _grant(
    to: str | UUID, amount: MicroCredits, key: str, reason: str | None, *, as_json: bool
) -> None:
    ledger, transfer, month = Ledger(), new_id(), month_of(utc_now())
    async with people.open_running() as (_, database), database.transaction() as tx:
        kind, account, name = await _recipient(tx, to)
        # Its own name space: an operator's key can never be that of a welcome or a purchase.
        granted = await ledger.grant(
            tx, account, amount, key=f"grant:{key}", reason=reason, id=transfer
        )
        if granted:
            given = {"credits": credits_text(amount), "key": key, "reason": reason}
            await people.note(tx, "credits.grant", target_kind=kind, target_id=account, after=given)
        figures = await ledger.figures(tx, account, UserId(account), month, None)
    balance = credits_text(figures.balance)
    done = f"granted {credits_text(amount)} credits" if granted else "granted before, nothing done"
    show(
        {"granted": granted, "credits": balance},
        as_json=as_json,
        text=f"{done}; {name} has {balance}",
    )


async def _recipient(tx: Tx, to: str | UUID) -> tuple[str, AccountId, str | None]:
    """Kind, account and name of whoever has that e-mail address, or of a shared workspace."""
    if isinstance(to, UUID):
        await workspaces.lock(tx, to)  # nobody deletes it and what it is given
        name = await workspaces.name_of_shared(tx, to)
        if name is None:
            raise NotFound(f"There is no shared workspace {to}.")
        return "workspace", AccountId(to), name
    found = await people.find(tx, to)
    return "user", own_account(found.id), found.email
