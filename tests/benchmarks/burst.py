"""G1: long answers to 64 clients, as fast as they go."""

from tests.benchmarks.asked import Asked
from tests.benchmarks.rig import Rig
from tests.benchmarks.workload import Goal, Measured, Workload

CLIENTS = 64
ASKED = Asked(tokens=2000)

PATIENCE_S = 3.0
"""Who serves one client at a time lets the others wait, and is measured all the same."""

TOKENS = Goal("g1", f"{CLIENTS} clients, unpaced", "tokens per CPU second", 30_000, "more")


async def measure(rig: Rig) -> Measured:
    runs = {
        on.name: await rig.load(on, CLIENTS, ASKED, patience_s=PATIENCE_S)
        for on in (rig.product, *rig.others, rig.ceiling)
    }
    return Measured({TOKENS.key: {name: run.tokens_per_cpu_s for name, run in runs.items()}})


WORKLOAD = Workload("burst", (TOKENS,), measure)
