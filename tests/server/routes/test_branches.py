"""What was said, over HTTP: pages in both directions, branches, and a message deleted."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web


@dataclass
class Talk:
    """A conversation of one person: ``ids`` are its first messages', oldest first."""

    site: Web
    caller: Any
    program: Any
    id: UUID
    ids: list[str]

    @property
    def path(self) -> str:
        return f"/api/conversations/{self.id}"

    async def say(self, text: str, **fields: Any) -> None:
        """And have it answered."""
        said = await self.site.harness.say(self.caller, text, conversation_id=self.id, **fields)
        await self.site.harness.end(said.cursor)

    async def read(self, **query: str | int) -> Any:
        return data(await self.program.get(self.path, params=query))

    async def shown(self, **query: str | int) -> list[str]:
        return [message["id"] for message in (await self.read(**query))["messages"]]


async def converse(site: Web, turns: int) -> Talk:
    caller = await site.harness.person()
    program = await site.program(caller)
    started = await site.harness.say(caller, "question 0")
    await site.harness.end(started.cursor)
    talk = Talk(site, caller, program, started.event.conversation_id, [])
    for number in range(1, turns):
        await talk.say(f"question {number}")
    talk.ids = await talk.shown()
    return talk


async def test_messages_come_newest_page_first_and_oldest_first_within_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        talk = await converse(site, 3)
        assert len(talk.ids) == 6
        newest = await talk.read(limit=4)
        assert [message["id"] for message in newest["messages"]] == talk.ids[2:]
        # A turn that comes meanwhile moves the tip, not the pages below it.
        await talk.say("another")
        older = await talk.read(limit=4, cursor=newest["nextCursor"])
        assert [message["id"] for message in older["messages"]] == talk.ids[:2]
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
        talk = await converse(site, 1)
        await talk.say("question 0, edited", parent_id=None)
        edited = (await talk.read())["messages"]
        assert edited[0]["text"] == "question 0, edited"
        assert edited[0]["siblings"] == [talk.ids[0], edited[0]["id"]]
        assert await talk.shown(leaf=talk.ids[0]) == talk.ids
        nowhere = await talk.program.get(talk.path, params={"leaf": str(new_id())})
        assert error(nowhere, 404, "not_found")["path"] == "$query.leaf"


async def test_pages_go_on_in_both_directions_from_around_a_message(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        talk = await converse(site, 4)
        ids = talk.ids

        async def read(**query: str | int) -> tuple[list[str], str | None, str | None]:
            page = await talk.read(**query)
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
        nowhere = await talk.program.get(talk.path, params={"around": str(new_id())})
        assert error(nowhere, 404, "not_found")["path"] == "$query.around"
        wrong = await talk.program.get(talk.path, params={"cursor": "W10"})
        assert error(wrong, 400, "invalid")["path"] == "$query.cursor"


async def test_a_message_of_another_branch_is_shown_on_its_own(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        talk = await converse(site, 2)
        await talk.say("another", parent_id=None)
        assert await talk.shown(around=talk.ids[1]) == talk.ids


async def test_a_message_is_deleted_with_what_follows_and_stays_paid_for(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        talk, stranger = await converse(site, 2), await site.program()
        program, path, ids = talk.program, talk.path, talk.ids
        charged = (await talk.read())["charged"]
        error(await stranger.delete(f"{path}/messages/{ids[2]}"), 404, "not_found")
        error(await program.delete(f"{path}/messages/{new_id()}"), 404, "not_found")
        assert data(await program.delete(f"{path}/messages/{ids[2]}")) is None
        read = await talk.read()
        assert [message["id"] for message in read["messages"]] == ids[:2]
        assert (read["messageCount"], read["charged"]) == (2, charged)
        running = await site.harness.say(talk.caller, "[demo: slow] go on", conversation_id=talk.id)
        error(await program.delete(f"{path}/messages/{ids[0]}"), 409, "conflict")
        data(await program.post(f"/api/turns/{running.event.turn_id}/cancel"))
        await site.harness.end(running.cursor)
        assert data(await program.delete(f"{path}/messages/{ids[0]}")) is None
        assert await talk.shown() == []
