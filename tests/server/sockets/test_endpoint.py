"""From an upgrade request to a session: counted while it lasts, turned away where it must be."""

from datetime import timedelta

from websockets.asyncio.client import connect

from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from tests.server.sockets.scene import Person, Talk, scene
from tests.support.eventually import eventually


async def test_a_session_counts_for_as_long_as_it_lasts(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        async with here.session(person) as one, here.session(person):
            assert len(here.hub) == 2
            assert one.ready["sessionId"]
        await eventually(lambda: len(here.hub) == 0)


async def test_a_server_that_drains_tells_who_comes_to_come_again(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        here.hub.start_draining(25)
        headers = {"Authorization": f"Bearer {person.key}"}
        async with connect(here.url, additional_headers=headers) as connection:
            talk = Talk(connection)
            assert await talk.closed() == 1012
            assert (talk.heard[-1]["code"], talk.heard[-1]["retryable"]) == ("draining", True)


async def test_sessions_that_come_and_go_leave_nothing_behind(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        for _ in range(20):
            async with here.session(person) as talk:
                await talk.start("hello")
        await eventually(lambda: len(here.hub) == 0)
        feed = here.harness.engine.feed
        assert (feed._users, feed._conversations) == ({}, {})


async def test_a_session_ends_when_its_key_expires(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        services = here.harness.process.services
        async with services.database.transaction() as tx:
            soon = utc_now() + timedelta(seconds=1)
            made = await services.accounts.keys.create(
                tx, person.caller.user_id, name="soon over", scopes=None, expires_at=soon
            )
        async with (
            here.session(Person(person.caller, made.secret)) as over,
            here.session(person) as other,
        ):
            assert await over.closed() == 4401
            assert (await other.ask("ping"))["type"] == "pong"
