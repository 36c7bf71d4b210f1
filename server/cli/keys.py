"""``keys``: API keys for programs."""

import asyncio
from collections.abc import Sequence

import click

from server.accounts.access import Scope
from server.accounts.keys import Keys
from server.cli import people
from server.cli.context import show
from server.domain.clock import utc_now
from server.domain.ids import UserId


@click.group()
def keys() -> None:
    """Make API keys."""


@keys.command()
@click.option("--email", required=True, help="Whose key it is.")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="Narrow it to this; may be repeated. Without: everything that the user may do.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"key"} and nothing else.')
def create(*, email: str, name: str, scopes: Sequence[str], as_json: bool) -> None:
    """Make an API key. It is printed once and cannot be read again."""
    asyncio.run(_create(email, name, [Scope(scope) for scope in scopes] or None, as_json=as_json))


async def _create(email: str, name: str, scopes: list[Scope] | None, *, as_json: bool) -> None:
    async with people.open_running() as (_, database), database.transaction() as tx:
        found = await people.find(tx, email)
        made = await Keys(clock=utc_now).create(
            tx, UserId(found.id), name=name, scopes=scopes, expires_at=None
        )
        shown = {"name": name, "prefix": made.key.prefix, "scopes": made.key.scopes}
        await people.note(tx, "key.create", target_kind="user", target_id=found.id, after=shown)
    show({"key": made.secret}, as_json=as_json, text=made.secret)
