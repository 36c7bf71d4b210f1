"""Whoever listens hears of every credential and user that ends or changes, in every process."""

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


async def test_a_user_who_changes_or_ends_is_heard_of_everywhere(
    migrated: EngineUrls, redis: Redis
) -> None:
    user, changed, ended = new_id(), list[UUID](), list[UUID]()
    async with ringing_bell(migrated.redis_url) as here, ringing_bell(migrated.redis_url) as there:
        away, endings = Endings(there), Endings(here)
        for each in (away, endings):
            each.listen_for_users(ended=ended.append, changed=changed.append)
        await there.hears(user)
        endings.tell_user_changed(user)
        endings.tell_user_ended(user)
        assert (changed, ended) == ([user], [user])
        await eventually(lambda: len(ended) == 2)
        assert (changed, ended) == ([user, user], [user, user])


async def test_what_becomes_of_users_is_heard_where_they_have_sessions(
    migrated: EngineUrls, redis: Redis
) -> None:
    user, ended, changed = new_id(), list[UUID](), list[UUID]()
    async with ringing_bell(migrated.redis_url) as here, ringing_bell(migrated.redis_url) as there:
        listening, endings = Endings(there), Endings(here)
        for one in (listening, endings):
            one.listen_for_users(ended=ended.append, changed=changed.append)
        await there.hears(user)
        endings.tell_user_changed(user)
        assert (ended, changed) == ([], [user])
        endings.tell_user_ended(user)
        await eventually(lambda: len(ended) == len(changed) == 2)
        assert ended == changed == [user, user]
