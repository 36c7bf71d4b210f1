"""A session's right to speak, asked of the database rarely and believed briefly."""

import pytest
from sqlalchemy import text

from server.accounts.access import Principal, Scope, require
from server.accounts.tokens import Authenticator
from server.domain.clock import utc_now
from server.domain.errors import Forbidden, Unauthenticated
from server.local.engines import EngineUrls
from server.persistence.database import open_database
from server.sockets.access import FRESH_S, Access
from tests.server.sockets.scene import Person, Scene, scene

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
"""No server listens there."""


class Hand:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def needs_turns(principal: Principal) -> None:
    require(principal, Scope.TURNS)


async def access_of(here: Scene, person: Person, clock: Hand) -> Access:
    authenticator = here.harness.process.services.accounts.authenticator
    principal = await authenticator.by_bearer(person.key)
    return Access(principal, authenticator, needs_turns, clock)


async def revoke(here: Scene, access: Access) -> None:
    services = here.harness.process.services
    principal = access.principal
    async with services.database.transaction() as tx:
        await services.accounts.keys.revoke(tx, principal.user_id, principal.credential_id)


async def test_a_revoked_key_is_found_out_as_soon_as_the_last_check_is_stale(
    migrated: EngineUrls,
) -> None:
    async with scene(migrated) as here:
        clock = Hand()
        access = await access_of(here, await here.person(), clock)
        await revoke(here, access)
        clock.now += FRESH_S / 2
        await access.check()
        clock.now += FRESH_S
        with pytest.raises(Unauthenticated):
            await access.check()


async def test_who_is_doubted_is_asked_however_fresh_the_last_check(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        access = await access_of(here, await here.person(), Hand())
        await revoke(here, access)
        await access.check()
        access.doubt()
        with pytest.raises(Unauthenticated):
            await access.check()


async def test_a_plan_that_changes_is_taken_over(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        clock = Hand()
        person = await here.person(plan="starter")
        access = await access_of(here, person, clock)
        services = here.harness.process.services
        async with services.database.transaction() as tx:
            await tx.execute(
                text("UPDATE users SET ai_plan = 'pro' WHERE id = :id"),
                {"id": person.caller.user_id},
            )
        clock.now += FRESH_S
        await access.check()
        assert access.principal.plan == "pro"


async def test_a_key_that_lost_its_scope_is_refused(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        clock = Hand()
        person = await here.person(scopes=[Scope.READ])
        access = await access_of(here, person, clock)
        clock.now += FRESH_S
        with pytest.raises(Forbidden):
            await access.check()


async def test_while_the_database_is_away_the_last_answer_stands(migrated: EngineUrls) -> None:
    async with scene(migrated) as here, open_database(NOWHERE) as away:
        clock = Hand()
        known = await access_of(here, await here.person(), clock)
        access = Access(known.principal, Authenticator(away, clock=utc_now), needs_turns, clock)
        clock.now += FRESH_S
        await access.check()
        assert access.principal == known.principal
