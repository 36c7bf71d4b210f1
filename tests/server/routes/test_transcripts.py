"""Conversations as files: the branch that is shown, the whole tree, and nobody else's."""

from uuid import UUID, uuid4

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import conversations
from server.persistence.database import Database
from tests.server.persistence.test_conversations import message
from tests.server.routes.site import data, error, web


async def test_a_conversation_is_read_as_a_document(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        said = await site.harness.say(caller, "Say <b>something</b>")
        outcome = await site.harness.end(said.cursor)
        path = f"/api/conversations/{said.event.conversation_id}"
        data(await program.patch(path, json={"title": 'Drop: "été" <1>'}))
        answer = await program.get(f"{path}/export")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
        name = answer.headers["content-disposition"]
        assert 'filename="Drop- -_t_- -1-.md"' in name
        assert "filename*=UTF-8''Drop-%20-%C3%A9t%C3%A9-%20-1-.md" in name
        document = answer.text
        assert document.startswith('# Drop: "été" \\<1\\>\n\n2 messages')
        assert "> Say \\<b>something\\</b>" in document
        assert "\n## Assistant, " in document
        receipt = outcome["receipt"]
        assert f"${receipt['costUsd']}" in document
        assert f"{receipt['charged']} credits" in document


async def test_json_has_the_whole_tree_or_one_branch(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        first = await site.harness.say(caller, "one")
        await site.harness.end(first.cursor)
        conversation = first.event.conversation_id
        other = await site.harness.say(
            caller, "another", conversation_id=conversation, parent_id=None
        )
        await site.harness.end(other.cursor)
        path = f"/api/conversations/{conversation}/export"
        whole = (await program.get(path, params={"format": "json"})).json()
        assert whole["id"] == str(conversation)
        assert len(whole["messages"]) == 4
        question, answer = whole["messages"][:2]
        assert (question["text"], question["parentId"]) == ("one", None)
        assert answer["parentId"] == question["id"]
        assert set(answer["receipt"]) >= {"charged", "costUsd", "calls"}
        branch = (await program.get(path, params={"format": "json", "leaf": question["id"]})).json()
        assert [one["id"] for one in branch["messages"]] == [question["id"], answer["id"]]
        assert "another" in (await program.get(path)).text


async def test_long_ones_come_in_order_and_empty_ones_too(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        made = data(await program.post("/api/conversations", json={}), 201)
        path = f"/api/conversations/{made['id']}/export"
        assert (await program.get(path, params={"format": "json"})).json()["messages"] == []
        assert (await program.get(path)).text.startswith("# New conversation\n\n0 messages")
        async with database.transaction() as tx:
            parent: UUID | None = None
            for number in range(120):
                parent = await message(tx, UUID(made["id"]), parent, f"line {number}")
            await tx.execute(
                conversations.ConversationRow.__table__.update().values(leaf_message_id=parent)  # type: ignore[attr-defined]
            )
        document = (await program.get(path)).text
        places = [document.index(f"line {number}\n") for number in range(120)]
        assert places == sorted(places)


async def test_strangers_and_strange_branches_are_not_found(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        mine, stranger = await site.program(), await site.program()
        made = data(await mine.post("/api/conversations", json={}), 201)
        path = f"/api/conversations/{made['id']}/export"
        error(await stranger.get(path), 404, "not_found")
        error(await mine.get(f"/api/conversations/{uuid4()}/export"), 404, "not_found")
        refused = await mine.get(path, params={"leaf": str(new_id())})
        assert error(refused, 404, "not_found")["path"] == "$query.leaf"
        refused = await mine.get(path, params={"format": "pdf"})
        assert error(refused, 400, "invalid")["path"] == "$query.format"
