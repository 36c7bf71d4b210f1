"""A sign-up is its secret's, for a day."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.accounts.signups import SignUps
from server.domain.errors import Unauthenticated
from server.persistence.database import Database
from server.persistence.signups import SignUpRow
from tests.server.accounts.people import TurnedClock
from tests.support.eventually import eventually


async def kept(sign_ups: SignUps) -> str:
    return await sign_ups.keep(email="ada@example.com", name="Ada", password_hash="hash")


async def test_only_the_secret_that_was_mailed_confirms_and_only_a_hash_is_stored(
    database: Database,
) -> None:
    sign_ups = SignUps(database, clock=TurnedClock())
    secret = await kept(sign_ups)
    assert secret.startswith("cl_")
    async with database.transaction() as tx:
        assert secret.encode() not in (await tx.scalars(select(SignUpRow.secret_hash))).one()
        with pytest.raises(Unauthenticated):
            await sign_ups.take(tx, secret + "x")
        assert (await sign_ups.take(tx, secret)).email == "ada@example.com"
        with pytest.raises(Unauthenticated):
            await sign_ups.take(tx, secret)


async def test_after_a_day_it_is_too_late_and_nothing_of_it_is_kept(database: Database) -> None:
    clock = TurnedClock()
    sign_ups = SignUps(database, clock=clock)
    secret = await kept(sign_ups)
    clock.now += timedelta(hours=24)
    async with database.transaction() as tx:
        with pytest.raises(Unauthenticated):
            await sign_ups.take(tx, secret)
    forgetting = asyncio.create_task(sign_ups.keep_forgetting())

    async def is_gone() -> bool:
        async with database.snapshot() as tx:
            return not await tx.scalar(select(func.count()).select_from(SignUpRow))

    await eventually(is_gone)
    forgetting.cancel()
