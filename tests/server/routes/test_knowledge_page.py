"""The examples of docs/knowledge.md, executed in the order of the page."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server.accounts.access import Scope
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.architecture.repository import text
from tests.server.routes.office import office
from tests.server.routes.site import data

EXAMPLE = re.compile(r"```http\n(\w+) (\S+)\n(.*?)```\n+```json\n(.*?)```", re.DOTALL)
ISSUER = "https://host.example"
DAY = "2026-02-28"
"""Of the page; figures are those of the last thirty days."""


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Without what is another each time."""
    return {name: value for name, value in answer.items() if name not in {"id", "createdAt"}}


async def test_the_page_says_what_is_answered(migrated: EngineUrls, database: Database) -> None:
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    page = text(Path("docs/knowledge.md")).replace(DAY, yesterday)
    examples = EXAMPLE.findall(page)
    assert len(examples) == page.count("```http\n") == 7
    async with office(migrated) as here:
        creator = await here.hosted("42", ISSUER)
        user = await here.site.program(creator)
        terms = {"name": "figures", "scopes": [Scope.INTEGRATIONS], "issuer": ISSUER}
        key = data(await here.browser.post("/api/api-keys", json=terms), 201)["key"]
        service = here.site.browser(headers={"Authorization": f"Bearer {key}"})
        ids = dict[str, str]()
        for method, path, body, answer in examples:
            shown = json.loads(answer)
            for of_the_page, made in ids.items():
                path = path.replace(of_the_page, made)  # noqa: PLW2901 - the same path
            client = service if method == "PUT" else user
            told = await client.request(method, path, content=body or None)
            given = told.json()["data"]
            assert plain(given) == plain(shown), told.text
            if "id" in shown:
                ids[shown["id"]] = given["id"]
