"""Whoever listens hears of every ended credential, in every process."""

from uuid import UUID

from redis.asyncio import Redis

from server.accounts.endings import Endings
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from tests.support.bells import ringing_bell, still_bell
from tests.support.eventually import eventually


async def test_all_listeners_hear_of_an_ending() -> None:
    endings, one, other = Endings(still_bell()), list[UUID](), list[UUID]()
    endings.listen(one.append)
    endings.listen(other.append)
    ended = new_id()
    endings.tell(new_id(), ended)
    assert one == other == [ended]


async def test_processes_where_the_user_has_sessions_hear_of_it(
    migrated: EngineUrls, redis: Redis
) -> None:
    user, ended, heard = new_id(), new_id(), list[UUID]()
    async with ringing_bell(migrated.redis_url) as here, ringing_bell(migrated.redis_url) as there:
        Endings(there).listen(heard.append)
        await there.hears(user)
        endings = Endings(here)
        endings.tell(new_id(), new_id())
        endings.tell(user, ended)
        await eventually(lambda: heard)
        assert heard == [ended]
