"""Everything that HTTP offers, in one list: what is mounted is what is documented."""

from pathlib import Path

from starlette.routing import BaseRoute

from server.routes import (
    ai,
    auth,
    conversations,
    credits,
    health,
    keys,
    messages,
    presets,
    tickets,
    turns,
)
from server.routes.operations import Operation
from server.routes.pages import page_routes
from server.routes.table import mount

OPERATIONS: tuple[Operation, ...] = (
    *auth.OPERATIONS,
    *conversations.OPERATIONS,
    *messages.OPERATIONS,
    *turns.OPERATIONS,
    *presets.OPERATIONS,
    *credits.OPERATIONS,
    *ai.OPERATIONS,
    *keys.OPERATIONS,
    *tickets.OPERATIONS,
    *health.OPERATIONS,
)


def routes(pages: Path) -> list[BaseRoute]:
    """All HTTP routes; ``pages`` is the folder of the built pages. The last one answers whatever
    is left, so routes of sockets and documents go before these."""
    return [*mount(OPERATIONS), *page_routes(pages)]
