"""G3: how many streams of 50 tokens a second one core bears with a p99 below 50 ms."""

from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import OURS, Contestant
from tests.benchmarks.paced import RATE, point
from tests.benchmarks.rig import Rig
from tests.benchmarks.workload import Goal, Measured, Point, Workload

LATE_MS = 50.0
LEVELS = (10, 25, 50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1000)
BEGINNING = {OURS: 200}
"""Where the search begins; everybody else begins at ``BEGINNING_OTHERS``."""
BEGINNING_OTHERS = 50

ASKED = Asked(tokens=500, rate=RATE, think_ms=50)

STREAMS = Goal(
    "g3", f"streams of {RATE}/s with p99 below {LATE_MS:g} ms", "streams a core", 400, "more"
)


async def search(rig: Rig, on: Contestant) -> tuple[int, list[Point]]:
    """The highest level borne, 0 where none is; and all that were tried.

    Upwards from the beginning; where that is too much already, downwards.
    """
    points: list[Point] = []

    async def is_borne(streams: int) -> bool:
        run = await rig.load(on, streams, ASKED)
        points.append(point(on.name, streams, run))
        late = run.report.delay_p99_ms
        return run.is_right and late is not None and late < LATE_MS

    begin = LEVELS.index(BEGINNING.get(on.name, BEGINNING_OTHERS))
    borne = 0
    for streams in LEVELS[begin:]:
        if not await is_borne(streams):
            break
        borne = streams
    if not borne:
        for streams in reversed(LEVELS[:begin]):
            if await is_borne(streams):
                borne = streams
                break
    return borne, points


async def measure(rig: Rig) -> Measured:
    found: dict[str, float] = {}
    points: list[Point] = []
    for on in (rig.product, *rig.others):
        found[on.name], tried = await search(rig, on)
        points += tried
    return Measured({STREAMS.key: found}, tuple(points))


WORKLOAD = Workload("capacity", (STREAMS,), measure)
