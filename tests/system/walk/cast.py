"""Who walks: every kind of caller, what they hold, and what becomes of it in mid-session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

import httpx2

from server.accounts.access import EMBEDDED, Principal, Scope
from server.domain.ids import UserId
from tests.server.routes.site import ADDRESS, ORIGIN, data
from tests.support.hostapp import ISSUER, token
from tests.system.walk.ground import Ground

Relation: TypeAlias = Literal["owner", "member", "nobody"]
Verdict: TypeAlias = Literal["in", "401", "403", "404", "alike"]


@dataclass(frozen=True)
class Player:
    """``headers`` hold the credential. ``user``: whose it is; None: nobody's."""

    headers: dict[str, str]
    user: UUID | None

    def client(self, ground: Ground, address: str = ADDRESS) -> httpx2.AsyncClient:
        return ground.office.site.browser(address=address, headers=self.headers)


async def nothing(ground: Ground, player: Player) -> None:
    """Nothing becomes of it."""


@dataclass(frozen=True)
class Role:
    """``scopes`` None: not narrowed. ``ends``: what happens once it has been let in; after that it
    is told ``refused`` everywhere (None: it goes on), and an open session is closed ``closed``."""

    name: str
    make: Callable[[Ground], Awaitable[Player]]
    relation: Relation = "nobody"
    scopes: frozenset[str] | None = None
    is_admin: bool = False
    ends: Callable[[Ground, Player], Awaitable[None]] = nothing
    refused: Verdict | None = None
    closed: int | None = None
    feed_closed: int | None = None


async def _by_cookie(ground: Ground, caller: Principal) -> Player:
    cookies = ground.services.accounts.cookies
    async with ground.services.database.transaction() as tx:
        secret = await cookies.open(tx, UserId(caller.user_id), "walk", ADDRESS)
    return Player({"Cookie": f"{cookies.name}={secret}", "Origin": ORIGIN}, caller.user_id)


async def _by_key(
    ground: Ground,
    caller: Principal,
    scope: Scope | None = None,
    *,
    issuer: str | None = None,
    workspace: UUID | None = None,
) -> Player:
    async with ground.services.database.transaction() as tx:
        made = await ground.services.accounts.keys.create(
            tx,
            UserId(caller.user_id),
            name="walk",
            scopes=None if scope is None else [scope],
            expires_at=None,
            issuer=issuer,
            workspace_id=workspace,
        )
    return Player({"Authorization": f"Bearer {made.secret}"}, caller.user_id)


async def stranger(ground: Ground) -> Player:
    return Player({}, None)


async def liar(ground: Ground) -> Player:
    return Player({"Authorization": "Bearer ck_" + "x" * 43}, None)


async def other(ground: Ground) -> Player:
    return await _by_cookie(ground, ground.other)


async def member(ground: Ground) -> Player:
    await ground.id_of("workspace")
    return await _by_cookie(ground, ground.member)


async def owner(ground: Ground) -> Player:
    return await _by_cookie(ground, ground.owner)


async def owner_key(ground: Ground) -> Player:
    return await _by_key(ground, ground.owner)


async def bound_key(ground: Ground) -> Player:
    """Of which every turn belongs to the shared workspace."""
    workspace = UUID(await ground.id_of("workspace"))
    return await _by_key(ground, ground.owner, workspace=workspace)


async def admin(ground: Ground) -> Player:
    return await _by_cookie(ground, ground.admin)


async def somebody(ground: Ground) -> Player:
    return await _by_cookie(ground, await ground.office.site.harness.person())


async def somebody_by_key(ground: Ground) -> Player:
    return await _by_key(ground, await ground.office.site.harness.person())


async def another_admin(ground: Ground) -> Player:
    return await _by_cookie(ground, await ground.office.new_admin())


async def service(ground: Ground) -> Player:
    return await _by_key(ground, ground.admin, Scope.TICKETS, issuer=ISSUER)


async def host_user(ground: Ground) -> Player:
    headers = {"Authorization": f"Bearer {token(f'host {ground.owner.user_id}')}"}
    me = data(await ground.office.site.browser(headers=headers).get("/api/auth/me"))
    return Player(headers, UUID(me["id"]))


async def embedded(ground: Ground) -> Player:
    """A host application's user, by a bearer that its service's ticket was exchanged for."""
    asking = (await service(ground)).client(ground)
    ticket = data(
        await asking.post(
            "/api/ws-tickets", json={"externalId": f"embedded {ground.owner.user_id}"}
        ),
        201,
    )
    body = {"ticket": ticket["ticket"]}
    made = data(await ground.office.site.client.post("/api/auth/exchange", json=body))
    return Player({"Authorization": f"Bearer {made['token']}"}, UUID(made["user"]["id"]))


async def _change(ground: Ground, player: Player, **change: object) -> None:
    data(await ground.office.browser.patch(f"/api/admin/users/{player.user}", json=change))


async def demote(ground: Ground, player: Player) -> None:
    await _change(ground, player, role="user")


async def suspend(ground: Ground, player: Player) -> None:
    await _change(ground, player, suspended=True)


async def delete(ground: Ground, player: Player) -> None:
    data(await ground.office.browser.delete(f"/api/admin/users/{player.user}"), 202)


async def sign_out(ground: Ground, player: Player) -> None:
    data(await player.client(ground).post("/api/auth/sign-out"))


async def revoke(ground: Ground, player: Player) -> None:
    client = player.client(ground)
    (key,) = data(await client.get("/api/api-keys"))["items"]
    data(await client.delete(f"/api/api-keys/{key['id']}"))


def _narrowed(
    name: str, whose: Callable[[Ground], Principal], relation: Relation, *, is_admin: bool
) -> list[Role]:
    """Keys of one user, each narrowed to one scope."""

    def role(scope: Scope) -> Role:
        async def make(ground: Ground) -> Player:
            return await _by_key(ground, whose(ground), scope)

        return Role(
            f"{name} {scope.value}",
            make,
            relation=relation,
            scopes=frozenset({scope}),
            is_admin=is_admin,
        )

    return [role(scope) for scope in Scope]


ROLES = (
    Role("stranger", stranger, refused="401"),
    Role("false key", liar, refused="401"),
    Role("other user", other),
    Role("member", member, relation="member"),
    Role("owner", owner, relation="owner"),
    Role("owner's key", owner_key, relation="owner"),
    Role("bound key", bound_key, relation="owner", scopes=frozenset(Scope)),
    *_narrowed("key", lambda ground: ground.owner, "owner", is_admin=False),
    Role("service key", service, scopes=frozenset({Scope.TICKETS}), is_admin=True),
    Role("host user", host_user),
    Role("embedded", embedded, scopes=EMBEDDED),
    Role("admin", admin, is_admin=True),
    *_narrowed("admin", lambda ground: ground.admin, "nobody", is_admin=True),
    Role("demoted", another_admin, ends=demote, feed_closed=4403),
    Role("suspended", somebody, ends=suspend, refused="401", closed=4403),
    Role("deleted", somebody, ends=delete, refused="401", closed=4403),
    Role("signed out", somebody, ends=sign_out, refused="401", closed=4401),
    Role("revoked", somebody_by_key, ends=revoke, refused="401", closed=4401),
)
