"""A configuration is replaced as a whole or changed field by field, and is one's own."""

import asyncio

from msgspec import structs

from server.domain.configuration import (
    UNCONFIGURED,
    Configuration,
    ConfigurationChange,
    ModerationLevel,
)
from server.domain.ids import new_id
from server.persistence import configurations
from server.persistence.database import Database
from tests.server.accounts.people import somebody

FULL = Configuration(
    name="Ada",
    language="fr",
    is_fan_language=False,
    tone="warm",
    personality="Curious.",
    brand_voice="Short sentences.",
    forbidden_topics=("politics", "family"),
    models={"sales": "demo/causerie-demo"},
    moderation=ModerationLevel.RULES,
)


async def test_nothing_is_configured_until_somebody_does(database: Database) -> None:
    user = await somebody(database)
    async with database.snapshot() as tx:
        found = await configurations.find(tx, user)
    assert (found.configuration, found.updated_at) == (UNCONFIGURED, None)


async def test_what_was_kept_under_other_bounds_is_read(database: Database) -> None:
    user = await somebody(database)
    loose = Configuration(tone="warm\nand more", forbidden_topics=("x",) * 60)
    async with database.transaction() as tx:
        await configurations.replace(tx, user, loose)
        assert (await configurations.find(tx, user)).configuration == loose


async def test_what_replaces_a_configuration_leaves_nothing_of_it(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        written = await configurations.replace(tx, ada, FULL)
        assert written.configuration == FULL
        assert await configurations.find(tx, ada) == written
        assert (await configurations.find(tx, bob)).configuration == UNCONFIGURED
        assert (await configurations.find(tx, new_id())).configuration == UNCONFIGURED
        short = Configuration(tone="dry")
        assert (await configurations.replace(tx, ada, short)).configuration == short


async def test_a_change_keeps_what_it_does_not_name(database: Database) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        first = await configurations.change(tx, user, ConfigurationChange(name="Ada"))
        assert first.configuration == Configuration(name="Ada")
        await configurations.replace(tx, user, FULL)
        changed = await configurations.change(
            tx, user, ConfigurationChange(tone=None, is_fan_language=True, models={})
        )
        assert changed.configuration == structs.replace(
            FULL, tone=None, is_fan_language=True, models={}
        )
        nothing = await configurations.change(tx, user, ConfigurationChange())
        assert nothing.configuration == changed.configuration


async def test_changes_that_come_at_once_do_not_undo_each_other(database: Database) -> None:
    user = await somebody(database)
    changes = (
        ConfigurationChange(name="Ada"),
        ConfigurationChange(tone="warm"),
        ConfigurationChange(language="fr"),
    )

    async def change(one: ConfigurationChange) -> None:
        async with database.transaction() as tx:
            await configurations.change(tx, user, one)

    await asyncio.gather(*(change(one) for one in changes))
    async with database.snapshot() as tx:
        found = await configurations.find(tx, user)
    assert found.configuration == Configuration(name="Ada", tone="warm", language="fr")
