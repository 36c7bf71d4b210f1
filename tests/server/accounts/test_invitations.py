"""An invitation makes a member of whoever has its link, once, within a week."""

import pytest

from server.accounts import invitations as inviting
from server.accounts import membership
from server.accounts.invitations import LIFETIME
from server.domain.errors import Conflict, Forbidden, NotFound
from server.persistence.database import Database
from tests.server.accounts.people import START
from tests.server.accounts.test_membership import caller, team


async def test_whoever_has_the_link_becomes_what_it_says_once(database: Database) -> None:
    acme, owner, _ = await team(database)
    guest, late = await caller(database), await caller(database)
    async with database.transaction() as tx:
        made = await inviting.invite(
            tx, owner, acme, email="eve@example.com", role="owner", now=START
        )
        assert made.secret.startswith("ci_")
        assert await inviting.accept(tx, guest, made.secret, START) == acme
        assert (await membership.owned(tx, guest, acme)).members == 3
        with pytest.raises(NotFound):
            await inviting.accept(tx, late, made.secret, START)


async def test_after_a_week_it_leads_nowhere(database: Database) -> None:
    acme, owner, _ = await team(database)
    guest = await caller(database)
    async with database.transaction() as tx:
        made = await inviting.invite(
            tx, owner, acme, email="eve@example.com", role="member", now=START
        )
        for secret, at in ((made.secret, START + LIFETIME), ("ci_unknown", START)):
            with pytest.raises(NotFound):
                await inviting.accept(tx, guest, secret, at)


async def test_a_member_that_opens_it_does_not_spend_it(database: Database) -> None:
    acme, owner, member = await team(database)
    guest = await caller(database)
    async with database.transaction() as tx:
        made = await inviting.invite(
            tx, owner, acme, email="eve@example.com", role="member", now=START
        )
    with pytest.raises(Conflict):
        async with database.transaction() as tx:
            await inviting.accept(tx, member, made.secret, START)
    async with database.transaction() as tx:
        assert await inviting.accept(tx, guest, made.secret, START) == acme


async def test_only_owners_invite_and_nobody_into_a_personal_workspace(database: Database) -> None:
    acme, owner, member = await team(database)
    async with database.transaction() as tx:
        with pytest.raises(Forbidden):
            await inviting.invite(tx, member, acme, email="x@example.com", role="member", now=START)
        with pytest.raises(Conflict):
            await inviting.invite(
                tx, owner, owner.workspace_id, email="x@example.com", role="member", now=START
            )
