"""Who leaves while Redis is away has left nothing either, and their turns end a heartbeat later."""

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.turns.leaving_scene import gone, leaver, owned, reconciled, settle_in
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.turns import turn_harness
from tests.support.valkey import own_valkey


async def test_without_redis_it_only_takes_longer(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.workers.leaving.LOOK_S", 3600.0)
    async with own_valkey() as valkey:
        urls = EngineUrls(database_url=migrated.database_url, redis_url=valkey.url)
        async with turn_harness(urls) as here, turn_harness(urls) as there:
            caller = await here.person()
            await settle_in(here, caller)
            turn = await there.say(caller, "[demo: slow] [demo: long 5000] x")
            await eventually(lambda: turn.cursor.text)
            valkey.kill()
            await leaver(here).ask(caller.user_id)
            assert (await there.end(turn.cursor))["type"] == "turn.cancelled"
            await gone(here, caller.user_id)
            assert await owned(database, caller.user_id) == {}
            assert await reconciled(database) == []
            await books_balance(database)
