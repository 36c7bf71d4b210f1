"""What was said, over HTTP: pages in both directions, branches, and a message deleted."""

from typing import Any
from uuid import UUID

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web


async def converse(site: Web, turns: int) -> tuple[Any, str, list[str]]:
    """A conversation of so many turns: its owner, its id, its message ids oldest first."""
    caller = await site.harness.person()
    program = await site.program(caller)
    conversation = ""
    for number in range(turns):
        fields = {"conversation_id": UUID(conversation)} if conversation else {}
        started = await site.harness.say(caller, f"question {number}", **fields)
        await site.harness.end(started.cursor)
        conversation = str(started.event.conversation_id)
    messages = data(await program.get(f"/api/conversations/{conversation}"))["messages"]
    return caller, conversation, [message["id"] for message in messages]


async def test_messages_come_newest_page_first_and_oldest_first_within_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, conversation, ids = await converse(site, 3)
        program = await site.program(caller)
        assert len(ids) == 6
        path = f"/api/conversations/{conversation}"
        newest = data(await program.get(path, params={"limit": 4}))
        assert [message["id"] for message in newest["messages"]] == ids[2:]
        # A turn that comes meanwhile moves the tip, not the pages below it.
        more = await site.harness.say(caller, "another", conversation_id=UUID(conversation))
        await site.harness.end(more.cursor)
        older = data(await program.get(path, params={"limit": 4, "cursor": newest["nextCursor"]}))
        assert [message["id"] for message in older["messages"]] == ids[:2]
        assert older["nextCursor"] is None
        assert older["messages"][0]["parentId"] is None


async def test_an_answer_carries_the_receipt_of_its_turn(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        started = await site.harness.say(caller, "hello")
        outcome = await site.harness.end(started.cursor)
        path = f"/api/conversations/{started.event.conversation_id}"
        read = data(await program.get(path))
        question, answer = read["messages"]
        assert "receipt" not in question
        assert answer["receipt"] == outcome["receipt"]
        assert read["charged"] == outcome["receipt"]["charged"]
        assert answer["turnId"] == str(started.event.turn_id)


async def test_a_leaf_chooses_the_branch_and_siblings_name_the_others(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, conversation, ids = await converse(site, 1)
        program = await site.program(caller)
        again = await site.harness.say(
            caller, "question 0, edited", conversation_id=UUID(conversation), parent_id=None
        )
        await site.harness.end(again.cursor)
        path = f"/api/conversations/{conversation}"
        edited = data(await program.get(path))["messages"]
        assert edited[0]["text"] == "question 0, edited"
        assert edited[0]["siblings"] == [ids[0], edited[0]["id"]]
        first = data(await program.get(path, params={"leaf": ids[0]}))["messages"]
        assert [message["id"] for message in first] == ids
        nowhere = await program.get(path, params={"leaf": str(new_id())})
        assert error(nowhere, 404, "not_found")["path"] == "$query.leaf"


async def test_pages_go_on_in_both_directions_from_around_a_message(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, conversation, ids = await converse(site, 4)
        program = await site.program(caller)
        path = f"/api/conversations/{conversation}"

        async def read(**query: str | int) -> tuple[list[str], str | None, str | None]:
            page = data(await program.get(path, params=query))
            shown = [message["id"] for message in page["messages"]]
            return shown, page["nextCursor"], page["newerCursor"]

        shown, older, newer = await read(around=ids[3], limit=2)
        assert shown == ids[3:5]
        assert older is not None
        assert newer is not None
        before, first, back = await read(cursor=older, limit=2)
        assert before == ids[1:3]
        assert first is not None
        assert (await read(cursor=first))[:2] == (ids[:1], None)
        assert back is not None
        assert (await read(cursor=back, limit=2))[0] == ids[3:5]
        after, there, last = await read(cursor=newer, limit=2)
        assert after == ids[5:7]
        assert there is not None
        assert (await read(cursor=there, limit=2))[0] == ids[3:5]
        assert last is not None
        end, _, none = await read(cursor=last, limit=2)
        assert (end, none) == (ids[7:], None)
        shown, older, newer = await read(around=ids[0])
        assert (shown, older, newer) == (ids, None, None)
        nowhere = await program.get(path, params={"around": str(new_id())})
        assert error(nowhere, 404, "not_found")["path"] == "$query.around"
        wrong = await program.get(path, params={"cursor": "W10"})
        assert error(wrong, 400, "invalid")["path"] == "$query.cursor"


async def test_a_message_of_another_branch_is_shown_on_its_own(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, conversation, ids = await converse(site, 2)
        program = await site.program(caller)
        edited = await site.harness.say(
            caller, "another", conversation_id=UUID(conversation), parent_id=None
        )
        await site.harness.end(edited.cursor)
        path = f"/api/conversations/{conversation}"
        page = data(await program.get(path, params={"around": ids[1]}))
        assert [message["id"] for message in page["messages"]] == ids


async def test_a_message_is_deleted_with_what_follows_and_stays_paid_for(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, conversation, ids = await converse(site, 2)
        program, stranger = await site.program(caller), await site.program()
        path = f"/api/conversations/{conversation}"
        charged = data(await program.get(path))["charged"]
        error(await stranger.delete(f"{path}/messages/{ids[2]}"), 404, "not_found")
        error(await program.delete(f"{path}/messages/{new_id()}"), 404, "not_found")
        assert data(await program.delete(f"{path}/messages/{ids[2]}")) is None
        read = data(await program.get(path))
        assert [message["id"] for message in read["messages"]] == ids[:2]
        assert (read["messageCount"], read["charged"]) == (2, charged)
        running = await site.harness.say(
            caller, "[demo: slow] go on", conversation_id=UUID(conversation)
        )
        error(await program.delete(f"{path}/messages/{ids[0]}"), 409, "conflict")
        data(await program.post(f"/api/turns/{running.event.turn_id}/cancel"))
        await site.harness.end(running.cursor)
        assert data(await program.delete(f"{path}/messages/{ids[0]}")) is None
        assert data(await program.get(path))["messages"] == []
