"""A/B tests over HTTP, from the first fan to what agents are told of the winner."""

from typing import Any

import httpx2

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

PATH = "/api/ai/experiments"
PLAIN = {"key": "plain", "text": "New video is out."}
WARM = {"key": "warm", "text": "Made this one for you!", "weight": 2}
SPRING = {"name": "Spring", "variants": [PLAIN, WARM]}


async def begun(program: httpx2.AsyncClient) -> str:
    made = data(await program.post(PATH, json=SPRING), 201)
    return f"{PATH}/{made['id']}"


async def tell(program: httpx2.AsyncClient, path: str, fan: str, **outcome: Any) -> httpx2.Response:
    return await program.post(f"{path}/outcomes", json={"fanId": fan, **outcome})


async def test_messages_are_tried_and_the_winner_is_told_to_agents(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        path = await begun(program)
        told = dict.fromkeys(("plain", "warm"), 0)
        while min(told.values()) < 12:
            fan = f"fan-{sum(told.values())}"
            given = data(await program.post(f"{path}/assignments", json={"fanId": fan}))
            assert given == {"fanId": fan, "variant": given["variant"], "text": given["text"]}
            is_warm = given == {"fanId": fan, "variant": "warm", "text": WARM["text"]}
            told[given["variant"]] += 1
            paid = {"revenueUsd": "12.50"} if is_warm else {}
            data(await tell(program, path, fan, converted=is_warm, **paid))
        ended = data(await program.post(f"{path}/end"))
        assert ended["winner"] == "warm"
        plain, warm = ended["variants"]
        assert (plain["assigned"], plain["reported"], plain["converted"], plain["rate"]) == (
            told["plain"],
            told["plain"],
            0,
            0,
        )
        assert "comparison" not in plain
        assert warm["revenueUsd"] == f"{told['warm'] * 12.5:g}"
        assert warm["interval"]["high"] == 1
        assert warm["comparison"]["difference"] == 1
        assert warm["comparison"]["pValue"] < 1e-6
        assert (warm["comparison"]["isSignificant"], warm["comparison"]["moreReports"]) == (True, 0)
        assert "Fisher's exact test" in ended["method"]
        assert data(await program.get(path)) == ended
        assert data(await program.get(PATH)) == {"items": [ended], "nextCursor": None}
        known = await site.services.network.get_relevant_insights(
            caller.user_id, text="video", budget_tokens=500, count=len
        )
        assert [one.insight.source for one in known] == ["experiments"]


async def test_wrong_input_is_refused_by_its_path(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for body, where in (
            ({**SPRING, "variants": [PLAIN]}, "$.variants"),
            ({**SPRING, "variants": [PLAIN] * 7}, "$.variants"),
            ({**SPRING, "variants": [PLAIN, {**WARM, "key": "plain"}]}, "$.variants[1].key"),
            ({**SPRING, "variants": [PLAIN, {**WARM, "key": "a b"}]}, "$.variants[1].key"),
            ({**SPRING, "variants": [PLAIN, {**WARM, "weight": 0}]}, "$.variants[1].weight"),
            ({**SPRING, "variants": [PLAIN, {**WARM, "wait": 1}]}, "$.variants[1].wait"),
            ({**SPRING, "variants": [PLAIN, {**WARM, "text": " "}]}, "$.variants[1].text"),
            ({**SPRING, "name": ""}, "$.name"),
            ({**SPRING, "name": "two\nlines"}, "$.name"),
        ):
            assert error(await program.post(PATH, json=body), 400, "invalid")["path"] == where
        path = await begun(program)
        for sent, where in (
            ({"fanId": "", "converted": True}, "$.fanId"),
            ({"fanId": "a\0", "converted": True}, "$.fanId"),
            ({"fanId": "a"}, "$.converted"),
            ({"fanId": "a", "converted": True, "revenueUsd": "-1"}, "$.revenueUsd"),
            ({"fanId": "a", "converted": True, "revenueUsd": "1e3"}, "$.revenueUsd"),
            ({"fanId": "a", "converted": True, "revenueUsd": "4611686018.5"}, "$.revenueUsd"),
            ({"fanId": "a", "converted": False, "revenueUsd": "1"}, "$.revenueUsd"),
        ):
            answer = await program.post(f"{path}/outcomes", json=sent)
            assert error(answer, 400, "invalid")["path"] == where
        ended = await program.post(f"{path}/end", json={"winner": "cold"})
        assert error(ended, 400, "invalid")["path"] == "$.winner"


async def test_what_was_told_or_ended_is_not_told_otherwise(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = await begun(program)
        error(await tell(program, path, "anna", converted=True), 404, "not_found")
        first = data(await program.post(f"{path}/assignments", json={"fanId": "anna"}))
        data(await tell(program, path, "anna", converted=True, revenueUsd="5"))
        data(await tell(program, path, "anna", converted=True, revenueUsd="5.00"))
        error(await tell(program, path, "anna", converted=False), 409, "conflict")
        ended = data(await program.post(f"{path}/end", json={"winner": "warm"}))
        assert data(await program.post(f"{path}/end", json={})) == ended
        error(await program.post(f"{path}/end", json={"winner": "plain"}), 409, "conflict")
        assert data(await program.post(f"{path}/assignments", json={"fanId": "anna"})) == first
        answer = await program.post(f"{path}/assignments", json={"fanId": "bert"})
        error(answer, 409, "conflict")


async def test_a_fan_that_the_host_numbers_is_the_one_of_those_digits(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = await begun(program)
        given = data(await program.post(f"{path}/assignments", json={"fanId": 17}))
        assert given["fanId"] == "17"
        assert data(await program.post(f"{path}/assignments", json={"fanId": "17"})) == given
        told = {"fanId": 17, "converted": True}
        assert data(await program.post(f"{path}/outcomes", json=told)) is None


async def test_shares_are_told_to_a_hundredth_of_a_percent(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = await begun(program)
        for fan in range(9):
            await program.post(f"{path}/assignments", json={"fanId": fan})
            data(await tell(program, path, str(fan), converted=fan == 5))
        for variant in data(await program.get(path))["variants"]:
            interval = variant["interval"]
            for figure in (variant["rate"] or 0, interval["low"], interval["high"]):
                assert figure == round(figure, 4)


async def test_experiments_are_listed_newest_first_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        paths = [await begun(program) for _ in range(3)]
        first = data(await program.get(f"{PATH}?limit=2"))
        rest = data(await program.get(f"{PATH}?limit=2&cursor={first['nextCursor']}"))
        found = [f"{PATH}/{item['id']}" for item in first["items"] + rest["items"]]
        assert (found, rest["nextCursor"]) == (paths[::-1], None)
        assert data(await program.delete(paths[0])) is None
        error(await program.delete(paths[0]), 404, "not_found")
        error(await program.get(paths[0]), 404, "not_found")
        error(await program.post(f"{PATH}/{new_id()}/end"), 404, "not_found")
        stranger = await site.program()
        error(await stranger.get(paths[1]), 404, "not_found")
        assert data(await stranger.get(PATH))["items"] == []
