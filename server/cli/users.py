"""``user``: make users, and open the door for them."""

import asyncio
import sys

import click

from billing.plans import PlanName
from server.accounts.access import UserRole
from server.cli import people
from server.cli.context import show
from server.domain.ids import UserId


@click.group()
def user() -> None:
    """Make users, and sign-in links for them."""


@user.command()
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", help="What they are called; default: the part before the @.")
@click.option("--password", help="At least 8 characters; without it, one is asked for, or a link.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in UserRole]),
    default=UserRole.USER.value,
    show_default=True,
)
@click.option(
    "--plan",
    type=click.Choice([plan.value for plan in PlanName]),
    help="Default: starter, as for everybody without a plan.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "email"} and nothing else.')
def create(
    *,
    email: str,
    name: str | None,
    password: str | None,
    role: str,
    plan: str | None,
    as_json: bool,
) -> None:
    """Make a user with a personal workspace and SIGNUP_CREDITS."""
    if password is None and not as_json and sys.stdin.isatty():
        password = _ask_password()
    person = people.Person(
        email=email,
        name=name,
        role=UserRole(role),
        plan=None if plan is None else PlanName(plan),
        password=password,
    )
    asyncio.run(_create(person, as_json=as_json))


async def _create(person: people.Person, *, as_json: bool) -> None:
    async with people.open_running() as (settings, database):
        made = await people.create(database, settings, person)
        async with database.snapshot() as tx:
            email = (await people.find(tx, person.email)).email
        text = f"made {email} ({made})"
        if person.password is None and not as_json:
            url = await people.link(database, settings, made)
            text += f"\nsign in within 15 minutes, once: {url}"
    show({"id": made, "email": email}, as_json=as_json, text=text)


def _ask_password() -> str | None:
    given: str = click.prompt(
        "Password (empty: print a sign-in link)",
        default="",
        hide_input=True,
        show_default=False,
        confirmation_prompt="Once more",
        err=True,
    )
    return given or None


@user.command()
@click.option("--email", required=True, help="Who shall sign in.")
@click.option("--json", "as_json", is_flag=True, help='Print {"url"} and nothing else.')
def link(*, email: str, as_json: bool) -> None:
    """Print a sign-in link: single use, 15 minutes. Whoever opens it is that user."""
    asyncio.run(_link(email, as_json=as_json))


async def _link(email: str, *, as_json: bool) -> None:
    async with people.open_running() as (settings, database):
        async with database.snapshot() as tx:
            found = await people.find(tx, email)
        url = await people.link(database, settings, UserId(found.id))
    show({"url": url}, as_json=as_json, text=url)
