"""The examples of docs/generations.md, executed in the order of the page."""

import json
import re
from pathlib import Path
from typing import Any

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.architecture.repository import text
from tests.server.routes.office import office
from tests.server.routes.site import data

EXAMPLE = re.compile(r"```http\n(\w+) (\S+)\n(.*?)```\n+```json\n(.*?)```", re.DOTALL)
OF_THE_MOMENT = {"id", "generationId", "callId", "turnId", "creatorId", "createdAt", "at"}
CAPTION = {
    "platform": "tiktok",
    "contentInfo": {"type": "photo", "description": "Sunset at the beach"},
}


def plain(answer: Any) -> Any:
    """Without what is another each time."""
    if isinstance(answer, list):
        return [plain(one) for one in answer]
    if isinstance(answer, dict):
        return {name: plain(one) for name, one in answer.items() if name not in OF_THE_MOMENT}
    return answer


async def test_the_page_says_what_is_answered(migrated: EngineUrls, database: Database) -> None:
    page = text(Path("docs/generations.md"))
    examples = EXAMPLE.findall(page)
    assert len(examples) == page.count("```http\n") == 4
    async with office(migrated) as here:
        program = await here.site.program()
        data(await program.post("/api/ai/generate-caption", json=CAPTION))
        ids = dict[str, str]()
        for method, path, body, answer in examples:
            shown = json.loads(answer)
            for of_the_page, made in ids.items():
                path = path.replace(of_the_page, made)  # noqa: PLW2901 - the same path
            client = here.browser if path.startswith("/api/admin/") else program
            told = await client.request(method, path, content=body or None)
            given = told.json()["data"]
            assert plain(given) == plain(shown), told.text
            if "generationId" in shown:
                ids[shown["generationId"]] = given["generationId"]
