"""`python -m tests.system.walk`: walks, prints rows by roles, and what was not expected."""

import asyncio
import sys

from server.local.engines import EngineUrls
from server.migrations.upgrade import upgrade
from server.routes.catalogue import OPERATIONS
from tests.server.routes.office import office
from tests.support.engines import create_database, engines_for_tests
from tests.support.hostapp import SETTINGS
from tests.system.walk.sockets import SocketWalker
from tests.system.walk.table import rows
from tests.system.walk.walker import Walk, Walker


async def walked(engines: EngineUrls) -> Walk:
    url = await create_database(engines, "causerie_walk")
    await upgrade(url)
    walk = Walk()
    async with office(
        EngineUrls(database_url=url, redis_url=engines.redis_url), **SETTINGS
    ) as here:
        await Walker(here, walk).go(rows(OPERATIONS))
        await SocketWalker(here, walk).go()
    return walk


def main() -> int:
    with engines_for_tests() as engines:
        walk = asyncio.run(walked(engines))
    told = f"{len(walk.cells)} cells walked, {len(walk.surprises)} surprises"
    sys.stdout.write("\n".join([walk.table(), "", told, *walk.surprises, ""]))
    return 1 if walk.surprises else 0


if __name__ == "__main__":
    sys.exit(main())
