"""No request, whatever it holds, makes the server fail or say what its document does not."""

from pathlib import Path

from server.local.engines import EngineUrls
from tests.fuzz.campaigns import fuzz_rest
from tests.fuzz.target import target, trouble

BUDGET_S = 20.0
"""Twice what every operation takes for seven requests of each mode."""
SEED = 20_261_121


async def test_no_request_makes_the_server_fail(engines: EngineUrls, tmp_path: Path) -> None:
    async with target(engines, tmp_path) as server:
        told = await fuzz_rest(server, BUDGET_S, SEED)
        assert told.flaws == []
        assert trouble(server) == []
    # It reached what is there, and was refused what it may not.
    assert {"200", "201", "400", "401", "403", "404"} <= set(told.seen)
