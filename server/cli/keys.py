"""``keys``: API keys for programs."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import click
from msgspec import Struct

from server.accounts.access import Scope, UserRole
from server.accounts.keys import Keys, check_maker, told, usual_issuer
from server.cli import people
from server.cli.context import show
from server.domain.clock import utc_now
from server.domain.ids import UserId


class KeyTerms(Struct, frozen=True, kw_only=True):
    name: str
    scopes: list[Scope] | None
    expires_at: datetime | None
    workspace_id: UUID | None
    issuer: str | None


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
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    help="When it ends, UTC. Without: when it is revoked.",
)
@click.option("--workspace", type=click.UUID, help="Where all its turns belong.")
@click.option(
    "--issuer",
    help="Whose users a service key may name. Without: those of JWT_ISSUER, or of `authjs` where"
    " only session cookies sign in. Admins only.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"key"} and nothing else.')
def create(
    *,
    email: str,
    name: str,
    scopes: Sequence[str],
    expires: datetime | None,
    workspace: UUID | None,
    issuer: str | None,
    as_json: bool,
) -> None:
    """Make an API key. It is printed once and cannot be read again."""
    terms = KeyTerms(
        name=name,
        scopes=[Scope(scope) for scope in scopes] or None,
        expires_at=None if expires is None else expires.replace(tzinfo=UTC),
        workspace_id=workspace,
        issuer=issuer,
    )
    secret = asyncio.run(_create(email, terms))
    show({"key": secret}, as_json=as_json, text=secret)


async def _create(email: str, terms: KeyTerms) -> str:
    async with people.open_running() as (settings, database), database.transaction() as tx:
        found = await people.find(tx, email)
        is_admin = found.role == UserRole.ADMIN
        usual = usual_issuer(terms.scopes, settings.host_issuer, is_admin=is_admin)
        issuer = terms.issuer or usual
        check_maker(terms.scopes, issuer, is_admin=is_admin)
        made = await Keys(clock=utc_now).create(
            tx,
            UserId(found.id),
            name=terms.name,
            scopes=terms.scopes,
            expires_at=terms.expires_at,
            workspace_id=terms.workspace_id,
            issuer=issuer,
        )
        after = told(made.key)
        await people.note(tx, "key.create", target_kind="user", target_id=found.id, after=after)
        return made.secret
