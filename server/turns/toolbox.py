"""The tools of one turn: by name, each reaching only what its caller owns."""

import asyncio
from collections.abc import Iterable
from functools import partial
from uuid import UUID

from agents.providers.registry import TOOLS, ModelInfo
from agents.tools import catalogue
from agents.tools.base import Tool
from agents.tools.catalogue import Doors
from agents.tools.search import Hit
from server.accounts.access import Principal
from server.domain.errors import Unsupported
from server.persistence.database import Database
from server.persistence.search import search_messages
from server.turns.form import Form

SEARCHES_AT_ONCE = 3
"""In this process. A search reads all that its user ever said, and one model may ask for sixteen:
the others need the pool's connections as well."""


class Toolbox:
    """Builds tools. Nothing is read before a model asks for one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._searches = asyncio.Semaphore(SEARCHES_AT_ONCE)

    def choose(
        self, caller: Principal, own: tuple[str, ...], model: ModelInfo, form: Form
    ) -> tuple[Tool, ...]:
        """Those that the turn asks for, else the agent's ``own``; none for a model that takes none.

        Raises:
            Unsupported: the request names tools, and a model that takes none.
        """
        names = own if form.tools is None else form.tools
        if TOOLS in model.capabilities:
            return self.build(caller, names)
        if names and form.insists:
            raise Unsupported(f"{model.title} cannot use tools.", path="$.params.tools")
        return ()

    def build(self, caller: Principal, names: Iterable[str]) -> tuple[Tool, ...]:
        """The tools of these names, each once. Raises KeyError: there is no such tool."""
        doors = Doors(search=partial(self._search, caller.user_id))
        return tuple(catalogue.TOOLS[name](doors) for name in dict.fromkeys(names))

    async def _search(self, user: UUID, query: str, limit: int) -> list[Hit]:
        async with self._searches, self._database.snapshot() as tx:
            found = await search_messages(tx, user, query, limit)
        return [
            Hit(conversation=hit.title, role=hit.role, at=hit.at, snippet=hit.snippet)
            for hit in found
        ]
