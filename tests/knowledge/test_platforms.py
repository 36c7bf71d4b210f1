"""Tokens of platforms reach the database sealed, and open for their own account only."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs
from sqlalchemy import text

from knowledge import platforms
from knowledge.platforms import PlatformAccount, Tokens, open_tokens, put_accounts
from server.accounts.sealing import Sealer, Unsealable
from server.domain.clock import utc_now
from server.domain.errors import Forbidden
from server.persistence import leaving
from server.persistence.database import Database
from tests.knowledge.hosts import account
from tests.knowledge.scene import creator
from tests.server.accounts.people import START

NOW = START + timedelta(minutes=1)
SEALER = Sealer("a secret key of more than thirty-two characters")


async def put(database: Database, who: UUID, *accounts: PlatformAccount) -> int:
    async with database.transaction() as tx:
        return (await put_accounts(tx, who, accounts, NOW, SEALER)).written


async def opened(database: Database, who: UUID, name: str = "ada") -> Tokens | None:
    async with database.snapshot() as tx:
        return await open_tokens(tx, who, "instagram", name, SEALER)


async def test_tokens_are_read_again_and_the_database_has_never_seen_them(
    database: Database,
) -> None:
    who, other = await creator(database), await creator(database)
    assert await put(database, who, account(), account("shop", tokens=Tokens())) == 2
    assert await opened(database, who) == Tokens(access_token="a-token", refresh_token="r-token")
    assert await opened(database, who, "shop") == Tokens()
    assert await opened(database, other) is None
    assert await opened(database, who, "nobody") is None
    async with database.snapshot() as tx:
        kept = str((await tx.execute(text("SELECT * FROM oauth_accounts"))).all())
    assert "-token" not in kept
    assert "token" not in repr(account()).replace("tokens=Tokens", "")


async def test_a_later_version_takes_the_place_of_the_tokens_and_an_earlier_does_not(
    database: Database,
) -> None:
    who = await creator(database)
    assert await put(database, who, account()) == 1
    renewed = Tokens(access_token="second", expires_at=NOW)
    later = account(tokens=renewed, as_of=START + timedelta(seconds=1))
    assert await put(database, who, later) == 1
    assert await put(database, who, account()) == 0
    assert await opened(database, who) == renewed


@pytest.mark.parametrize(
    "change",
    [
        "access_token = (SELECT access_token FROM oauth_accounts WHERE external_id = 'shop')",
        "access_token = refresh_token",
        "access_token = overlay(access_token placing '\\x00' from 30 for 1)",
    ],
)
async def test_what_is_copied_or_changed_does_not_open(database: Database, change: str) -> None:
    who = await creator(database)
    await put(database, who, account(), account("shop"))
    async with database.transaction() as tx:
        await tx.execute(text(f"UPDATE oauth_accounts SET {change} WHERE external_id = 'ada'"))
    if "overlay" in change:
        async with database.transaction() as tx:
            query = "SELECT get_byte(access_token, 29) FROM oauth_accounts"
            assert 0 in (await tx.execute(text(query))).scalars().all()
    with pytest.raises(Unsealable):
        await opened(database, who)


async def test_tokens_can_be_sealed_anew_unless_the_host_has_sent_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platforms, "SEALED", 1)
    who = await creator(database)
    await put(database, who, account(), account("shop"), account("none", tokens=Tokens()))
    async with database.transaction() as tx:
        (first,) = await platforms.sealed(tx, after=UUID(int=0))
        (second,) = await platforms.sealed(tx, after=first.id)
        assert await platforms.sealed(tx, after=second.id) == []
        anew = structs.replace(first, access_token=b"anew", refresh_token=None)
        await platforms.exchange(tx, second, structs.replace(anew, id=second.id))
        await platforms.exchange(tx, structs.replace(first, access_token=b"other"), anew)
        assert await platforms.sealed(tx, after=UUID(int=0)) == [first]
        assert (await platforms.sealed(tx, after=first.id))[0].access_token == b"anew"


async def test_who_leaves_takes_their_tokens_along(database: Database) -> None:
    who = await creator(database)
    await put(database, who, account())
    async with database.transaction() as tx:
        await leaving.mark(tx, who, utc_now())
    with pytest.raises(Forbidden):
        await put(database, who, account("late"))
    async with database.transaction() as tx:
        assert await leaving.bury(tx, who, utc_now())
    assert await opened(database, who) is None
