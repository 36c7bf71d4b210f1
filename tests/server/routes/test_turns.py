"""A turn by its id: what it stands at, its events, and stopping it."""

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web


async def test_a_running_turn_shows_where_it_is_and_can_be_stopped(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        started = await site.harness.say(caller, "[demo: slow] Tell me everything")
        path = f"/api/turns/{started.event.turn_id}"
        running = data(await program.get(path))
        assert running["state"] in {"admitted", "running"}
        assert "outcome" not in running
        assert running["conversationId"] == str(started.event.conversation_id)
        asked = data(await program.post(f"{path}/cancel"))
        assert asked["turnId"] == str(started.event.turn_id)
        await site.harness.end(started.cursor)
        ended = data(await program.get(path))
        assert ended["state"] == "cancelled"
        assert ended["outcome"]["type"] == "turn.cancelled"
        assert data(await program.post(f"{path}/cancel"))["state"] == "cancelled"


async def test_somebody_elses_turn_is_not_found(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        started = await site.harness.say(await site.harness.person(), "[demo: slow] mine")
        stranger = await site.program()
        for path in (f"/api/turns/{started.event.turn_id}", f"/api/turns/{new_id()}"):
            error(await stranger.get(path), 404, "not_found")
            error(await stranger.get(f"{path}/events"), 404, "not_found")
            error(await stranger.post(f"{path}/cancel"), 404, "not_found")


async def test_last_event_id_is_a_number(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        started = await site.harness.say(caller, "hello")
        await site.harness.end(started.cursor)
        path = f"/api/turns/{started.event.turn_id}/events"
        for wrong in (b"-1", b"x", b"1.5", b"9" * 30, b"\xb2"):
            answer = await program.get(path, headers=[(b"Last-Event-ID", wrong)])
            assert error(answer, 400, "invalid")["path"] == "$header.Last-Event-ID"


async def test_an_id_that_is_no_uuid_is_nowhere(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        error(await program.get("/api/turns/../../etc/passwd"), 404, "not_found")
        error(await program.get("/api/turns/5"), 404, "not_found")
