"""Search over HTTP: the place that was found, page by page, and nobody else's."""

from uuid import UUID

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

PATH = "/api/conversations/search"


async def test_a_hit_says_where_and_shows_what_stands_around(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        before, after = "before " * 30, " after" * 60
        said = await site.harness.say(caller, f"{before}the Quokka\n\nof 100% joy{after}")
        await site.harness.end(said.cursor)
        titled = data(await program.post("/api/conversations", json={"title": "Quokka joy"}), 201)

        found = data(await program.get(PATH, params={"q": "quokka JOY"}))
        assert [one["id"] for one in found["titles"]] == [titled["id"]]
        (hit,) = [one for one in found["items"] if one["role"] == "user"]
        conversation = hit["conversationId"]
        read = data(await program.get(f"/api/conversations/{conversation}"))
        assert hit["messageId"] == read["messages"][0]["id"]
        assert (hit["match"], hit["title"]) == ("Quokka", read["title"])
        assert hit["before"].startswith("…before ")
        assert hit["before"].endswith("before the ")
        assert hit["after"].startswith(" of 100% joy after")
        assert hit["after"].endswith("after…")
        assert (len(hit["before"]) < 70, len(hit["after"]) < 170) == (True, True)


async def test_pages_go_on_and_short_words_and_wildcards_are_found(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        fields: dict[str, UUID] = {}
        for number in range(3):
            said = await site.harness.say(caller, f"zq {number}0% sure", **fields)
            fields = {"conversation_id": said.event.conversation_id}
            await site.harness.end(said.cursor)
        first = data(await program.get(PATH, params={"q": "0% sure", "limit": "2"}))
        users = [one for one in first["items"] if one["role"] == "user"]
        rest = data(
            await program.get(
                PATH, params={"q": "0% sure", "limit": "50", "cursor": first["nextCursor"]}
            )
        )
        users += [one for one in rest["items"] if one["role"] == "user"]
        assert len({one["messageId"] for one in users}) == 3
        assert (rest["nextCursor"], rest["titles"]) == (None, [])
        short = data(await program.get(PATH, params={"q": "zq"}))["items"]
        assert len([one for one in short if one["role"] == "user"]) == 3
        assert data(await program.get(PATH, params={"q": "1_% sure"}))["items"] == []


async def test_wrong_questions_are_refused_and_strangers_find_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, stranger = await site.harness.person(), await site.program()
        said = await site.harness.say(caller, "my secret")
        await site.harness.end(said.cursor)
        found = data(await stranger.get(PATH, params={"q": "secret"}))
        assert (found["items"], found["titles"]) == ([], [])
        assert error(await stranger.get(PATH), 400, "invalid")["path"] == "$query.q"
        for given, path in (({"q": " "}, "$query.q"), ({"q": "x", "cursor": "y"}, "$query.cursor")):
            refused = await stranger.get(PATH, params=given)
            assert error(refused, 400, "invalid")["path"] == path
