"""No frame, whatever it holds, makes a session fail, hang, or stay behind."""

from pathlib import Path

import httpx2

from server.local.engines import EngineUrls
from tests.fuzz.campaigns import fuzz_feed, fuzz_frames
from tests.fuzz.target import target, trouble
from tests.support.eventually import eventually

BUDGET_S = 20.0
FEED_S = 5.0
SEED = 20_261_121


async def test_no_frame_makes_a_session_fail_or_hang(engines: EngineUrls, tmp_path: Path) -> None:
    async with target(engines, tmp_path) as server, httpx2.AsyncClient() as http:
        talks = await fuzz_frames(server, BUDGET_S, SEED)
        feeds = await fuzz_feed(server, FEED_S, SEED)
        assert talks.flaws + feeds.flaws == []
        assert trouble(server) == []

        async def nobody_is_left() -> bool:
            metrics = (await http.get(f"{server.url}/metrics")).text
            return "\nsessions_open 0.0\n" in metrics

        await eventually(nobody_is_left)
    # It reached what is there, and went too far.
    assert {"turn.started", "turn.estimated", "error"} <= set(talks.seen)
    assert {"alive", "1003", "1007", "1009"} <= set(talks.seen)
    assert {"feed.snapshot", "alive"} <= set(feeds.seen)
