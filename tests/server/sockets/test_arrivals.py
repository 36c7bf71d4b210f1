"""Many clients at once wait for each other, and nobody else waits for them."""

import asyncio

from sqlalchemy import text

from server.local.engines import EngineUrls
from server.sockets.arrivals import PLACES, Arrivals
from tests.server.sockets.scene import scene
from tests.support.eventually import eventually


async def test_a_crowd_at_the_door_leaves_the_database_to_others(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        people = [await here.person() for _ in range(3 * PLACES)]
        services = here.harness.process.services

        async def come(number: int) -> None:
            async with here.session(people[number]) as talk:
                assert (await talk.ask("ping"))["type"] == "pong"

        async with services.database.transaction() as tx:
            await tx.execute(text("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE"))
            coming = [asyncio.create_task(come(number)) for number in range(len(people))]
            blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            await eventually(lambda: tx.scalar(blocked))
            await asyncio.sleep(0.2)
            assert await tx.scalar(blocked) == PLACES
            # Whoever is inside goes on: there are connections left.
            for person in people:
                await here.harness.engine.figures(person.caller)
        await asyncio.gather(*coming)
        assert len(here.hub) == 0


async def test_those_on_their_way_are_counted_by_address() -> None:
    arrivals = Arrivals(1)
    with arrivals.peers.inside("192.0.2.1"):
        assert not arrivals.peers.enter("192.0.2.1")
    assert arrivals.places.value == PLACES
