"""Conversations over HTTP: paging that never skips, branches, and nobody else's."""

from uuid import UUID

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.protocol.events import ConversationUpdated
from server.turns.feed import UserEvent
from tests.server.routes.site import data, error, web
from tests.support.teams import team


async def test_a_conversation_is_made_read_renamed_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post("/api/conversations", json={"title": "  First  one "}), 201)
        assert (made["title"], made["messageCount"], made["charged"]) == ("First one", 0, "0")
        path = f"/api/conversations/{made['id']}"
        read = data(await program.get(path))
        assert (read["messages"], read["nextCursor"]) == ([], None)
        assert data(await program.patch(path, json={"title": "Second"}))["title"] == "Second"
        assert data(await program.delete(path)) is None
        error(await program.get(path), 404, "not_found")
        error(await program.delete(path), 404, "not_found")
        assert data(await program.get("/api/conversations"))["items"] == []


async def test_one_is_made_with_an_agent_that_there_is(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        creator, stranger = await site.program(), await site.program()
        own = {"name": "Ada", "instructions": "You are Ada."}
        ada = data(await creator.post("/api/agents", json=own), 201)["id"]
        for agent in ("team", ada):
            made = data(await creator.post("/api/conversations", json={"agent": agent}), 201)
            assert made["agent"] == agent
        for program, agent in ((creator, "temas"), (stranger, ada)):
            refused = await program.post("/api/conversations", json={"agent": agent})
            assert error(refused, 400, "invalid")["path"] == "$.agent"


async def test_one_that_is_made_in_a_workspace_is_paid_for_there(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, stranger = await site.harness.person(credits=0), await site.program()
        body = {"workspaceId": str(await team(database, caller, credits=50))}
        program = await site.program(caller)
        made = data(await program.post("/api/conversations", json=body), 201)
        path = f"/api/conversations/{made['id']}/messages"
        said = {"text": "hello", "clientMessageId": str(new_id())}
        outcome = data(await program.post(path, json=said))["outcome"]
        assert outcome["type"] == "turn.completed"
        refused = await stranger.post("/api/conversations", json=body)
        assert error(refused, 404, "not_found")["path"] == "$.workspaceId"
        said = {**said, **body, "clientMessageId": str(new_id())}
        own = data(await stranger.post("/api/conversations", json={}), 201)
        refused = await stranger.post(f"/api/conversations/{own['id']}/messages", json=said)
        assert error(refused, 404, "not_found")["path"] == "$.workspaceId"


async def test_other_pages_hear_of_a_new_title_and_of_a_deletion(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, heard = await site.harness.person(), list[UserEvent]()
        program = await site.program(caller)
        site.services.engine.feed.follow_user(caller.user_id, heard.append)
        made = data(await program.post("/api/conversations", json={}), 201)
        path = f"/api/conversations/{made['id']}"
        data(await program.patch(path, json={"title": "Second"}))
        error(await program.patch(path, json={"title": " "}), 400, "invalid")
        data(await program.delete(path))
        error(await program.delete(path), 404, "not_found")
        assert heard == [
            ConversationUpdated(conversation_id=UUID(made["id"]), change="title"),
            ConversationUpdated(conversation_id=UUID(made["id"]), change="deleted"),
        ]


async def test_somebody_elses_conversation_is_not_found_by_any_method(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        mine, other = await site.program(), await site.program()
        made = data(await mine.post("/api/conversations", json={}), 201)
        path = f"/api/conversations/{made['id']}"
        error(await other.get(path), 404, "not_found")
        error(await other.patch(path, json={"title": "x"}), 404, "not_found")
        error(await other.delete(path), 404, "not_found")
        message = {"clientMessageId": str(new_id()), "text": "hello"}
        error(await other.post(f"{path}/messages", json=message), 404, "not_found")
        assert data(await mine.get(path))["title"] == "New conversation"


async def test_pages_skip_and_repeat_nothing_while_new_ones_arrive(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = [
            data(await program.post("/api/conversations", json={"title": str(i)}), 201)["id"]
            for i in range(7)
        ]
        seen: list[str] = []
        cursor = ""
        while True:
            page = data(await program.get(f"/api/conversations?limit=2{cursor}"))
            seen += [item["id"] for item in page["items"]]
            data(await program.post("/api/conversations", json={"title": "late"}), 201)
            if page["nextCursor"] is None:
                break
            cursor = f"&cursor={page['nextCursor']}"
        assert seen == made[::-1]


async def test_search_finds_titles_and_what_was_said_and_takes_wildcards_literally(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        said = await site.harness.say(caller, "Tell me of the 100% quokka")
        await site.harness.end(said.cursor)
        data(await program.post("/api/conversations", json={"title": "About a Quokka"}), 201)
        data(await program.post("/api/conversations", json={"title": "Other"}), 201)

        async def found(query: str) -> int:
            answer = await program.get("/api/conversations", params={"q": query})
            return len(data(answer)["items"])

        assert await found("QUOKKA") == 2
        assert await found("100% q") == 1
        assert await found("1__%") == 0


async def test_what_is_sent_is_checked_with_its_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for query, path in (
            ("limit=0", "$query.limit"),
            ("limit=201", "$query.limit"),
            ("limit=many", "$query.limit"),
            ("cursor=nonsense", "$query.cursor"),
            ("cursor=W10", "$query.cursor"),
            ("sort=title", "$query.sort"),
            ("q=a%00b", "$query.q"),
        ):
            answer = await program.get(f"/api/conversations?{query}")
            assert error(answer, 400, "invalid")["path"] == path
        for body, path in (
            ({"title": ""}, "$.title"),
            ({"title": "   "}, "$.title"),
            ({"titel": "x"}, "$.titel"),
            ({"title": "a\x00b"}, "$.title"),
            ({"title": 5}, "$.title"),
        ):
            answer = await program.post("/api/conversations", json=body)
            assert error(answer, 400, "invalid")["path"] == path
        preset = await program.post("/api/conversations", json={"presetId": str(new_id())})
        assert error(preset, 404, "not_found")["path"] == "$.presetId"
        model = await program.post("/api/conversations", json={"model": "nobody/none"})
        assert error(model, 404, "model_unavailable")["path"] == "$.model"


async def test_deleting_ends_what_runs(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        started = await site.harness.say(caller, "[demo: slow] Tell me everything")
        conversation = started.event.conversation_id
        data(await program.delete(f"/api/conversations/{conversation}"))
        outcome = await site.harness.end(started.cursor)
        assert outcome["type"] == "turn.cancelled"
        turn = data(await program.get(f"/api/turns/{started.event.turn_id}"))
        assert turn["state"] == "cancelled"
