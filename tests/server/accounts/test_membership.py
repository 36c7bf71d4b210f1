"""Who may do what in a workspace; the last owner stays, whoever leaves takes nothing along."""

import asyncio
from uuid import UUID

import pytest
from msgspec import UNSET, structs
from sqlalchemy import text

from server.accounts import membership
from server.accounts.access import Principal, own_account
from server.accounts.keys import Keys
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.ids import UserId, WorkspaceId, new_id
from server.persistence import invitations, members, presets, users, workspaces
from server.persistence.database import Database
from tests.server.accounts.people import START, TurnedClock, somebody
from tests.server.persistence.test_invitations import invite
from tests.server.persistence.test_presets import CONTENT
from tests.server.persistence.test_workspaces import shared

PATH = "$.workspaceId"


async def caller(database: Database) -> Principal:
    """Somebody new, as a request has them."""
    user = await somebody(database, f"{new_id()}@example.com")
    async with database.snapshot() as tx:
        found = await users.find(tx, user)
    assert found is not None
    return Principal(
        user_id=user,
        workspace_id=WorkspaceId(found.workspace_id),
        account_id=own_account(user),
        email=found.email,
        name=found.name,
        role="user",
        plan="starter",
        scopes=None,
        credential_kind="cookie",
        credential_id=new_id(),
    )


async def team(database: Database) -> tuple[UUID, Principal, Principal]:
    """A workspace with its owner and a member."""
    owner, member = await caller(database), await caller(database)
    async with database.transaction() as tx:
        return await shared(tx, owner.user_id, member.user_id), owner, member


async def test_to_strangers_and_keys_of_elsewhere_it_is_not_there(database: Database) -> None:
    acme, owner, member = await team(database)
    stranger = await caller(database)
    bound = structs.replace(owner, is_bound=True)
    async with database.transaction() as tx:
        for who in (stranger, bound):
            with pytest.raises(NotFound):
                await membership.seen(tx, who, acme)
            with pytest.raises(NotFound):
                await membership.home(tx, who, acme, PATH)
        with pytest.raises(Forbidden):
            await membership.owned(tx, member, acme)
        assert (await membership.owned(tx, owner, acme)).id == acme
        assert await membership.home(tx, member, acme, PATH) == acme
        assert await membership.home(tx, member, UNSET, PATH) == member.workspace_id
        assert await membership.home(tx, member, None, PATH) == member.workspace_id


def test_a_bound_key_names_its_workspace_by_itself_and_no_other() -> None:
    user, own = UserId(new_id()), WorkspaceId(new_id())
    unbound = Principal(
        user_id=user,
        workspace_id=own,
        account_id=own_account(user),
        email=None,
        name="x",
        role="user",
        plan="starter",
        scopes=None,
        credential_kind="key",
        credential_id=new_id(),
    )
    bound, other = structs.replace(unbound, is_bound=True), new_id()
    assert membership.named(unbound, UNSET, PATH) is None
    assert membership.named(unbound, other, PATH) == other
    assert membership.named(bound, UNSET, PATH) == own
    assert membership.named(bound, own, PATH) == own
    with pytest.raises(NotFound) as refused:
        membership.named(bound, other, PATH)
    assert refused.value.path == PATH


async def test_owners_change_roles_and_the_last_one_stays_owner(database: Database) -> None:
    acme, owner, member = await team(database)
    async with database.transaction() as tx:
        with pytest.raises(Forbidden):
            await membership.set_role(tx, member, acme, owner.user_id, "member", START)
        with pytest.raises(NotFound):
            await membership.set_role(tx, owner, acme, new_id(), "owner", START)
        with pytest.raises(Conflict):
            await membership.set_role(tx, owner, acme, owner.user_id, "member", START)
        was = await membership.set_role(tx, owner, acme, member.user_id, "owner", START)
        assert was.role == "member"
        was = await membership.set_role(tx, owner, acme, owner.user_id, "member", START)
        assert was.role == "owner"
        with pytest.raises(Forbidden):
            await membership.set_role(tx, owner, acme, member.user_id, "member", START)


async def test_anybody_leaves_and_only_owners_remove_others(database: Database) -> None:
    acme, owner, member = await team(database)
    other = await caller(database)
    async with database.transaction() as tx:
        await membership.admit(tx, acme, other.user_id, "member")
        with pytest.raises(Forbidden):
            await membership.remove(tx, member, acme, other.user_id, START)
        with pytest.raises(Conflict):
            await membership.remove(tx, owner, acme, owner.user_id, START)
        with pytest.raises(NotFound):
            await membership.remove(tx, owner, acme, new_id(), START)
        await membership.remove(tx, owner, acme, other.user_id, START)
        await membership.remove(tx, member, acme, member.user_id, START)
        with pytest.raises(NotFound):
            await membership.seen(tx, member, acme)


async def test_of_two_last_owners_that_leave_at_once_one_is_refused(database: Database) -> None:
    for _ in range(3):
        acme, owner, member = await team(database)
        async with database.transaction() as tx:
            await membership.set_role(tx, owner, acme, member.user_id, "owner", START)

        async def leave(who: Principal, workspace: UUID) -> None:
            async with database.transaction() as tx:
                await membership.remove(tx, who, workspace, who.user_id, START)

        answers = await asyncio.gather(
            leave(owner, acme), leave(member, acme), return_exceptions=True
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]


async def test_whoever_leaves_takes_no_key_and_no_invitation_along(database: Database) -> None:
    acme, owner, member = await team(database)
    keys = Keys(clock=TurnedClock())
    async with database.transaction() as tx:
        await membership.set_role(tx, owner, acme, member.user_id, "owner", START)
        made = await keys.create(
            tx, member.user_id, name="k", scopes=None, expires_at=None, workspace_id=acme
        )
        await invite(tx, acme, member.user_id, b"mine", at=START)
        content = structs.replace(CONTENT, shared=True)
        preset = await presets.insert_preset(tx, new_id(), member.user_id, acme, content)
        ended = await membership.remove(tx, owner, acme, member.user_id, START)
        assert [key.key_id for key in ended] == [made.key.id]
        assert await invitations.workspace_of(tx, b"mine", START) is None
        assert await presets.find(tx, preset.id, member.user_id) is None
        assert await presets.find(tx, preset.id, owner.user_id) is not None


async def test_what_is_being_left_in_a_workspace_is_there_for_whoever_removes_its_author(
    database: Database,
) -> None:
    acme, owner, member = await team(database)
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def is_waited() -> bool:
        async with database.snapshot() as seen:  # which sees one state of it all its life
            return bool(await seen.scalar(waiting))

    async def removed() -> None:
        async with database.transaction() as tx:
            await membership.remove(tx, owner, acme, member.user_id, START)

    async with database.transaction() as tx:
        assert await membership.home(tx, member, acme, PATH) == acme
        removing = asyncio.create_task(removed())
        while not (removing.done() or await is_waited()):
            pass
        content = structs.replace(CONTENT, shared=True)
        preset = await presets.insert_preset(tx, new_id(), member.user_id, acme, content)
    await removing
    async with database.transaction() as tx:
        kept = await presets.find(tx, preset.id, owner.user_id)
        assert kept is not None
        assert kept.user_id == owner.user_id
        with pytest.raises(NotFound):
            await membership.home(tx, member, acme, PATH)


async def test_an_owner_no_more_has_invited_nobody(database: Database) -> None:
    acme, owner, member = await team(database)
    async with database.transaction() as tx:
        await membership.set_role(tx, owner, acme, member.user_id, "owner", START)
        await invite(tx, acme, member.user_id, b"theirs", at=START)
        await membership.set_role(tx, owner, acme, member.user_id, "member", START)
        assert await invitations.workspace_of(tx, b"theirs", START) is None


async def test_a_personal_workspace_is_its_user_s_alone(database: Database) -> None:
    one = await caller(database)
    async with database.transaction() as tx:
        for attempt in (
            membership.shared(tx, one, one.workspace_id),
            membership.remove(tx, one, one.workspace_id, one.user_id, START),
            membership.set_role(tx, one, one.workspace_id, one.user_id, "member", START),
        ):
            with pytest.raises(Conflict):
                await attempt
        assert (await membership.taken(tx, one, one.workspace_id)).personal


async def test_members_and_memberships_are_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, _, member = await team(database)
    other = await caller(database)
    async with database.transaction() as tx:
        with pytest.raises(Conflict):
            await membership.admit(tx, acme, member.user_id, "member")
        monkeypatch.setattr(membership, "MEMBERS_MAX", 2)
        with pytest.raises(Conflict) as full:
            await membership.admit(tx, acme, other.user_id, "member")
        assert full.value.metadata == {"limit": 2, "scope": "members"}
        monkeypatch.setattr(membership, "MEMBERS_MAX", 3)
        monkeypatch.setattr(membership, "SHARED_MAX", 0)
        with pytest.raises(Conflict) as full:
            await membership.admit(tx, acme, other.user_id, "member")
        assert full.value.metadata == {"limit": 0, "scope": "workspaces"}
        assert await members.count(tx, acme) == 2
        assert await workspaces.count_shared(tx, other.user_id) == 0
