"""``user``: make users, change them, and open or close the door for them."""

import asyncio
import sys

import click

from billing.plans import PlanName
from server.accounts.access import UserRole
from server.accounts.administration import Change
from server.cli import people
from server.cli.context import show
from server.domain.ids import UserId
from server.persistence.people import PeopleFilter, Person, list_people


@click.group()
def user() -> None:
    """Make users and sign-in links for them; list, suspend and promote them."""


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


WHO = "WHO is an e-mail address, an id, or external:<externalId>."
"""For the help of commands that name somebody."""

LISTED = 200
"""Users that ``user list`` prints: beyond that, search."""


@user.command("list", help="List users, newest first.")
@click.option("--search", help="Part of the e-mail address or the name, or an id.")
@click.option("--role", type=click.Choice([role.value for role in UserRole]))
@click.option("--suspended", is_flag=True, help="Only those who are suspended.")
@click.option("--json", "as_json", is_flag=True, help='Print {"items"} and nothing else.')
def list_command(*, search: str | None, role: str | None, suspended: bool, as_json: bool) -> None:
    fits = PeopleFilter(search=search, role=role, suspended=True if suspended else None)
    asyncio.run(_list(fits, as_json=as_json))


async def _list(fits: PeopleFilter, *, as_json: bool) -> None:
    async with people.open_running() as (_, database), database.snapshot() as tx:
        found = await list_people(tx, fits, before=None, limit=LISTED)
    items = [
        {
            "id": person.id,
            "email": person.email,
            "name": person.name,
            "role": person.role,
            "plan": person.plan,
            "issuer": person.issuer,
            "externalId": person.external_id,
            "suspended": person.suspended_at is not None,
        }
        for person in found
    ]
    show({"items": items}, as_json=as_json, text="\n".join(map(_line, found)))


def _line(person: Person) -> str:
    signs_in = person.email or ""
    known_as = signs_in if person.issuer is None else f"{person.external_id} of {person.issuer}"
    kept_out = "  suspended" if person.suspended_at is not None else ""
    return f"{person.id}  {person.role:5}  {known_as}  {person.name}{kept_out}"


@user.command(help=f"Keep a user out until `resume`: sessions close, credentials fail. {WHO}")
@click.argument("who")
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "changed"}.')
def suspend(*, who: str, as_json: bool) -> None:
    asyncio.run(_change(who, Change(suspended=True), as_json=as_json))


@user.command(help=f"Let a suspended user in again. {WHO}")
@click.argument("who")
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "changed"}.')
def resume(*, who: str, as_json: bool) -> None:
    asyncio.run(_change(who, Change(suspended=False), as_json=as_json))


@user.command(help=f"Give a user that role, at once. The last admin stays one. {WHO}")
@click.argument("who")
@click.argument("new_role", metavar="ROLE", type=click.Choice([role.value for role in UserRole]))
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "changed"}.')
def role(*, who: str, new_role: str, as_json: bool) -> None:
    asyncio.run(_change(who, Change(role=UserRole(new_role)), as_json=as_json))


@user.command(help=f"Delete a user and everything that is theirs, for good. {WHO}")
@click.argument("who")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help='Print {"id"} and nothing else.')
def delete(*, who: str, yes: bool, as_json: bool) -> None:
    if not yes:
        click.confirm(f"Delete {who} with everything that is theirs?", abort=True, err=True)
    asyncio.run(_delete(who, as_json=as_json))


async def _delete(who: str, *, as_json: bool) -> None:
    async with people.open_running() as (settings, database):
        gone = await people.delete(database, settings, who)
    text = f"{gone} cannot sign in any more; running servers remove the rest"
    show({"id": gone}, as_json=as_json, text=text)


async def _change(who: str, wanted: Change, *, as_json: bool) -> None:
    async with people.open_running() as (settings, database):
        changed = await people.change(database, settings, who, wanted)
    done = "changed" if changed.steps else "was so already"
    show(
        {"id": changed.person.id, "changed": bool(changed.steps)},
        as_json=as_json,
        text=f"{_line(changed.person)}: {done}",
    )
