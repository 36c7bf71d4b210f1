"""G2 and G5: 250 streams of 50 tokens a second: what a token costs, and how late it comes."""

from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import CEILING
from tests.benchmarks.rig import Rig, Run
from tests.benchmarks.workload import Goal, Measured, Point, Workload

STREAMS = 250
RATE = 50
ASKED = Asked(tokens=500, rate=RATE, think_ms=50)

TOKENS = Goal("g2", f"{STREAMS} streams of {RATE}/s", "tokens per CPU second", 20_000, "more")
MIDDLE = Goal("g5.p50", f"{STREAMS} streams, added to a token, p50", "ms", 1.0, "less", 2)
LATE = Goal("g5.p99", f"{STREAMS} streams, added to a token, p99", "ms", 10.0, "less", 2)


def point(name: str, streams: int, run: Run) -> Point:
    """A run of paced streams as the picture shows it."""
    late = run.report.delay_p99_ms if run.is_right else None
    cost = None if name == CEILING else run.cpu_us_per_token
    return Point(name, streams, late, cost)


async def measure(rig: Rig) -> Measured:
    runs = {
        on.name: await rig.load(on, STREAMS, ASKED)
        for on in (rig.product, *rig.others, rig.ceiling)
    }
    heard = {name: run.report for name, run in runs.items() if run.is_right}
    return Measured(
        {
            TOKENS.key: {name: run.tokens_per_cpu_s for name, run in runs.items()},
            MIDDLE.key: {n: r.delay_p50_ms for n, r in heard.items() if r.delay_p50_ms is not None},
            LATE.key: {n: r.delay_p99_ms for n, r in heard.items() if r.delay_p99_ms is not None},
        },
        tuple(point(name, STREAMS, run) for name, run in runs.items()),
    )


WORKLOAD = Workload("paced", (TOKENS, MIDDLE, LATE), measure)
