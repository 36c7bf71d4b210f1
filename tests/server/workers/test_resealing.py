"""What was sealed with an earlier key opens with the new one alone, before the earlier one goes."""

from uuid import UUID

import pytest
from sqlalchemy import text

from knowledge import platforms
from server.accounts.sealing import Sealer, Unsealable
from server.domain.clock import utc_now
from server.persistence import webhooks
from server.persistence.database import Database
from server.webhooks.signing import PURPOSE
from server.workers.resealing import reseal
from tests.knowledge.hosts import account
from tests.knowledge.scene import creator
from tests.server.persistence.test_notices import hook, person

OLD, NEW = "the old key of thirty-two letters", "the new key of thirty-two letters"


async def test_every_secret_is_sealed_with_the_new_key_and_one_that_is_lost_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhooks, "SEALED", 2)
    owner = await person(database)
    made = [await hook(database, owner) for _ in range(5)]
    async with database.transaction() as tx:
        for one in made[:4]:
            secret = Sealer(OLD).seal(b"whsec_", purpose=PURPOSE, row=one)
            await tx.execute(
                text("UPDATE webhooks SET secret = :secret WHERE id = :id"),
                {"secret": secret, "id": one},
            )
    await reseal(database, Sealer(NEW, [OLD]))
    kept = await secrets(database)
    for one in made[:4]:
        assert Sealer(NEW).open(kept[one], purpose=PURPOSE, row=one) == b"whsec_"
    assert kept[made[4]] == b""
    assert caplog.text.count("webhooks.resealed") == 1
    await reseal(database, Sealer(NEW))
    assert await secrets(database) == kept


async def test_tokens_of_platforms_are_sealed_with_the_new_key_too(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(platforms, "SEALED", 2)
    owner = await creator(database)
    names = [f"account-{number}" for number in range(4)]
    accounts = [account(name) for name in names[:3]]
    async with database.transaction() as tx:
        await platforms.put_accounts(tx, owner, accounts, utc_now(), Sealer(OLD))
        lost = [account(names[3])]
        await platforms.put_accounts(tx, owner, lost, utc_now(), Sealer("gone" * 10))
    await reseal(database, Sealer(NEW, [OLD]))
    async with database.snapshot() as tx:
        for one in accounts:
            opened = await platforms.open_tokens(
                tx, owner, one.platform, one.external_id, Sealer(NEW)
            )
            assert opened == one.tokens
        with pytest.raises(Unsealable):
            await platforms.open_tokens(tx, owner, "instagram", names[3], Sealer(NEW))
    assert caplog.text.count("platforms.resealed") == 1


async def test_one_that_is_rotated_meanwhile_keeps_its_new_secret(database: Database) -> None:
    made = await hook(database, await person(database))
    async with database.transaction() as tx:
        before = webhooks.Sealed(id=made, secret=b"another")
        await webhooks.exchange(tx, before, b"resealed")
    assert await secrets(database) == {made: b""}


async def secrets(database: Database) -> dict[UUID, bytes]:
    async with database.snapshot() as tx:
        rows = await tx.execute(text("SELECT id, secret FROM webhooks"))
        return {row.id: row.secret for row in rows}
