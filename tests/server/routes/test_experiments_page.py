"""docs/experiments.md: its examples, executed in their order, and its figures, counted again."""

import json
import re
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from knowledge.experimentresults import Tally, results
from knowledge.experiments import Experiment, Variant
from knowledge.significance import reports_needed
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes.experimentviews import experiment_view
from tests.architecture.repository import text
from tests.server.routes.site import data, web
from tests.system.manual import is_like

PAGE = text(Path("docs/experiments.md"))
REQUEST = re.compile(r"```http\n(\w+) (\S+)\n(.*?)```(?:\n+```json\n(.*?)```)?", re.DOTALL)


async def test_the_page_says_what_is_answered(migrated: EngineUrls, database: Database) -> None:
    examples = REQUEST.findall(PAGE)
    assert len(examples) == PAGE.count("```http\n") == 5
    async with web(migrated) as site:
        program, of_the_page, made = await site.program(), "no id yet", ""
        for method, path, body, answer in examples:
            told = await program.request(method, path.replace(of_the_page, made), content=body)
            given, shown = told.json()["data"], json.loads(answer or "null")
            assert told.is_success, told.text
            assert is_like(shown, given), told.text
            if path == "/api/ai/experiments":
                of_the_page, made = shown["id"], given["id"]
                assert {**given, "id": "", "createdAt": ""} == {**shown, "id": "", "createdAt": ""}
        ended = data(await program.get(f"/api/ai/experiments/{made}"))
        assert ended["winner"] == "warm"
        assert sum(variant["converted"] for variant in ended["variants"]) == 1


def test_the_page_s_figures_are_those_of_its_counts() -> None:
    section = PAGE.partition("## What the figures say")[2]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None
    shown: list[dict[str, Any]] = json.loads(block[1])
    tallies = {
        one["key"]: Tally(**{name: one[name] for name in ("assigned", "reported", "converted")})
        for one in shown
    }
    experiment = Experiment(
        id=new_id(),
        name="Sunset set",
        variants=tuple(Variant(key=key, text="Out now.") for key in tallies),
        winner=None,
        created_at=utc_now(),
        ended_at=None,
    )
    told = to_builtins(experiment_view(experiment, results(list(tallies), tallies)))["variants"]
    assert [
        {name: one[name] for name in given} for one, given in zip(told, shown, strict=True)
    ] == shown


def test_the_page_s_table_is_of_the_numbers_that_differences_need() -> None:
    rates, reports = re.findall(r"\| (?:rates|reports) \| (.*) \|", PAGE)
    pairs = [re.findall(r"\d+", cell) for cell in rates.split(" | ")]
    needed = [reports_needed(int(one) / 100, int(other) / 100) for one, other in pairs]
    assert needed == [int(cell) for cell in reports.split(" | ")]
