"""Every route and socket as every kind of caller: who should not get in does not, and learns
nothing; who should, does."""

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes.catalogue import OPERATIONS
from server.routes.operations import Operation
from tests.server.routes.office import office
from tests.support.hostapp import SETTINGS
from tests.system.walk.sockets import SocketWalker
from tests.system.walk.table import rows
from tests.system.walk.walker import Walk, Walker

PARTS = 8
"""Tests that share the routes, so that several workers can walk at once."""


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_route_lets_in_whom_it_should_and_tells_nobody_else_a_thing(
    migrated: EngineUrls, database: Database, redis: object, part: int
) -> None:
    walk = Walk()
    async with office(migrated, **SETTINGS) as here:
        await Walker(here, walk).go(rows(OPERATIONS)[part::PARTS])
    assert walk.cells
    assert walk.surprises == []


async def test_every_socket_and_command_does_so_too(
    migrated: EngineUrls, database: Database, redis: object
) -> None:
    walk = Walk()
    async with office(migrated, **SETTINGS) as here:
        await SocketWalker(here, walk).go()
    assert walk.cells
    assert walk.surprises == []


@pytest.mark.parametrize(
    ("path", "request_type", "lacks"),
    [
        ("/api/things/{thing_id:uuid}", None, "no resource"),
        ("/api/things", Operation, "no body"),
    ],
)
def test_a_route_that_the_table_knows_nothing_about_fails_the_walk(
    path: str, request_type: object, lacks: str
) -> None:
    async def handler() -> None:
        """Never called."""

    new = Operation(
        method="POST", path=path, handler=handler, summary="", tag="", request=request_type
    )
    with pytest.raises(AssertionError, match=lacks):
        rows([new])
