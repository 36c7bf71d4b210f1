"""What several commands do with users: make one, find one, open a door for one."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from msgspec import Struct
from redis.exceptions import RedisError

from billing.ledger import Ledger
from billing.plans import PlanName
from server.accounts.access import UserRole
from server.accounts.administration import Change, Changed, change_user, spare_last_admin
from server.accounts.emails import normalise
from server.accounts.endings import Endings
from server.accounts.naming import EXTERNAL, find_user
from server.accounts.passwords import Passwords
from server.accounts.provisioning import NewPerson, clean_name
from server.accounts.tickets import Tickets, sign_in_url
from server.cli.context import settings_of_running
from server.domain.clock import Clock, utc_now
from server.domain.errors import NotFound
from server.domain.ids import BootId, UserId, WorkspaceId, new_id
from server.persistence import audit, leaving, users
from server.persistence.bell import Bell
from server.persistence.database import Database, Snapshot, Tx, open_database
from server.persistence.redis import open_redis
from server.persistence.users import User
from server.settings import Settings
from server.turns.crediting import Told
from server.turns.feed import TurnFeed
from server.turns.onboarding import Welcome, create_user


@asynccontextmanager
async def open_running() -> AsyncIterator[tuple[Settings, Database]]:
    """Settings and database of the deployment that this command is about."""
    settings = settings_of_running()
    async with open_database(settings.engines.database, pool_size=1) as database:
        yield settings, database


class Person(Struct, frozen=True, kw_only=True):
    """A user to make. ``name`` None: what stands before the ``@``."""

    email: str
    name: str | None = None
    role: UserRole = UserRole.USER
    plan: PlanName | None = None
    password: str | None = None


async def create(database: Database, settings: Settings, person: Person) -> UserId:
    """Make a user with workspace, credit account and first credits.

    Raises:
        Invalid: no e-mail address, or a password that is too short.
        Conflict: the address belongs to somebody.
    """
    email = normalise(person.email)
    hashed = None if person.password is None else await Passwords().hash(person.password)
    made = NewPerson(
        user_id=UserId(new_id()),
        workspace_id=WorkspaceId(new_id()),
        email=email,
        name=clean_name(person.name or "") or email.partition("@")[0],
        role=person.role,
        plan=None if person.plan is None else person.plan.value,
        password_hash=hashed,
    )
    welcome = Welcome(credits=settings.signup_credits, transfer_id=new_id())

    async def make(tx: Tx) -> None:
        await create_user(tx, Ledger(), made, welcome)
        shown = {"role": made.role.value, "plan": made.plan}
        await note(tx, "user.create", target_kind="user", target_id=made.user_id, after=shown)

    await database.run(make)
    return made.user_id


async def find(tx: Tx | Snapshot, email: str) -> User:
    """Raises NotFound: nobody signs in with that address."""
    address = normalise(email)
    found = await users.find_by_email(tx, address)
    if found is None:
        raise NotFound(f"There is no user {address}.")
    return found


async def named(tx: Tx | Snapshot, who: str) -> UserId:
    """Whom ``who`` means: an e-mail address, an id, or ``external:`` and an external id.

    Raises:
        NotFound, Invalid: nobody, or more than one; an id is not looked up.
    """
    if "@" in who and not who.startswith(EXTERNAL):
        return UserId((await find(tx, who)).id)
    return await find_user(tx, who)


async def change(database: Database, settings: Settings, who: str, wanted: Change) -> Changed:
    """Change a user, note it, and tell the running servers.

    Raises:
        NotFound, Invalid: ``who`` is nobody, or more than one.
        Conflict: nobody would be left to administer, or a host application's user would.
    """

    async def work(tx: Tx) -> Changed:
        user = await named(tx, who)
        changed = await change_user(tx, user, wanted, actor=None, now=utc_now())
        for step in changed.steps:
            await note(
                tx,
                step.action,
                target_kind="user",
                target_id=user,
                before=step.before,
                after=step.after,
            )
        return changed

    changed = await database.run(work)
    await _tell(settings, changed.tell)
    return changed


async def delete(database: Database, settings: Settings, who: str) -> UserId:
    """Let a user go: from now on nobody gets in as them, and the running servers remove the rest.
    Again changes nothing.

    Raises:
        NotFound, Invalid: ``who`` is nobody, or more than one.
        Conflict: nobody would be left to administer.
    """

    async def work(tx: Tx) -> UserId:
        user = await named(tx, who)
        await spare_last_admin(tx, user)
        if await leaving.mark(tx, user, utc_now()) is not None:
            await note(tx, "user.delete", target_kind="user", target_id=user)
        return user

    user = await database.run(work)
    await _tell(settings, lambda endings: endings.tell_user_ended(user))
    return user


async def _tell(settings: Settings, tell: Callable[[Endings], None]) -> None:
    """Tell the running servers; who does not hear of it asks the database within a minute."""
    async with open_redis(settings.engines.redis) as redis:
        bell = Bell(redis, redis, BootId(new_id()))
        tell(Endings(bell))
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await bell.flush()


async def tell_balance(settings: Settings, told: Told | None) -> None:
    """Let the open sessions of a user see what has come to their balance."""
    if told is None:
        return
    async with open_redis(settings.engines.redis) as redis:
        bell = Bell(redis, redis, BootId(new_id()))
        TurnFeed(bell).tell_user(told.user, told.event)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await bell.flush()


async def note(
    tx: Tx,
    action: str,
    *,
    target_kind: str,
    target_id: UUID | str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """``audit.note`` for what a command does: nobody is signed in, and no request has an id."""
    await audit.note(
        tx,
        actor=None,
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        before=before,
        after=after,
        address=audit.COMMAND_LINE,
        request_id="",
    )


async def link(database: Database, settings: Settings, user: UserId, clock: Clock = utc_now) -> str:
    """A sign-in link: single use, 15 minutes."""
    async with database.transaction() as tx:
        issued = await Tickets(clock=clock).issue_link(tx, user)
        await note(tx, "user.link", target_kind="user", target_id=user)
    return sign_in_url(settings.origin, issued.secret)
