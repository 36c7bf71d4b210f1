"""G4: how much later than the provider's the first token comes, while 100 streams run."""

from tests.benchmarks.asked import Asked
from tests.benchmarks.rig import Rig
from tests.benchmarks.workload import Goal, Measured, Workload

STREAMS = 100
ASKED = Asked(tokens=200, rate=50, think_ms=50)
"""Four seconds each: some 25 turns a second arrive, spread out by the clients' random first
lengths and pauses."""

PAUSE_MS = 100.0

MIDDLE = Goal("g4.p50", f"{STREAMS} streams, added to the first token, p50", "ms", 7.0, "less", 1)
LATE = Goal("g4.p95", f"{STREAMS} streams, added to the first token, p95", "ms", 7.0, "less", 1)


async def measure(rig: Rig) -> Measured:
    runs = {
        on.name: await rig.load(on, STREAMS, ASKED, pause_ms=PAUSE_MS, times_longer=2)
        for on in (rig.product, *rig.others, rig.ceiling)
    }
    heard = {name: run.report for name, run in runs.items() if run.is_right}
    return Measured(
        {
            MIDDLE.key: {n: r.first_p50_ms for n, r in heard.items() if r.first_p50_ms is not None},
            LATE.key: {n: r.first_p95_ms for n, r in heard.items() if r.first_p95_ms is not None},
        }
    )


WORKLOAD = Workload("first token", (MIDDLE, LATE), measure)
