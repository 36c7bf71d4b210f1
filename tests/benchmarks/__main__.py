"""``make bench``: how fast the product is, beside a bare relay in the same run.

    python -m tests.benchmarks [--only g1,g4] [--times 3] [--seconds 4] [--peers] [--record]

The rig (``rig``) starts the product as in production, a provider stub that stamps each token with
its time of emission, the yardsticks and, with ``--peers``, other products; pins them; and runs one
load after the other from a process of its own. No figure is asserted anywhere.

To add a workload, write a module beside these with a constant ``WORKLOAD`` and name it in
``workloads.WORKLOADS``. A workload is its goals (a key such as ``g6``, words, unit, target, which
way is better) and ``async def measure(rig) -> Measured``, called once for each repetition: it
answers ``{goal key: {contestant: figure}}``, ours by the name ``contestants.OURS``. For streams of
answers it uses ``rig.load(contestant, clients, asked)``. For anything else there are
``rig.product.live`` (addresses, keys, rows of the database), ``rig.product.measured`` (the web
process), ``rig.product.apart`` (billing, engines) and ``processes.cpu_s``. Table, record,
comparison and document follow by themselves. What disturbs a run is noted by ``rig.load``; others
append ``disturbance.Watch(processes).read()`` to ``rig.disturbances``, and to ``rig.wrongs`` what
should not be.
"""

import argparse
import sys
import time

import uvloop

from server.domain.clock import utc_now
from tests.benchmarks import document, record
from tests.benchmarks.results import Results
from tests.benchmarks.rig import rig
from tests.benchmarks.table import screen
from tests.benchmarks.workload import Workload
from tests.benchmarks.workloads import chosen


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def bench(workloads: tuple[Workload, ...], given: argparse.Namespace) -> list[str]:
    """Run, show, and answer what was wrong."""
    results = Results()
    async with rig(seconds=given.seconds, say=say, peers=given.peers) as up:
        began = time.monotonic()
        for number in range(1, given.times + 1):
            for workload in workloads:
                minutes = (time.monotonic() - began) / 60
                say(f"{workload.name}, {number} of {given.times}, after {minutes:.1f} min")
                measured = await workload.measure(up)
                results.add(workload.goals, measured, up.disturbances)
                up.disturbances = []
    goals, before = results.goals(), record.read()
    say(screen(goals))
    for line in record.moved(before, goals):
        say(f"moved: {line}")
    if given.record and not up.wrongs:
        of = record.machine(str(up.cores))
        now = record.merged(before, of, utc_now().date(), goals, results.points)
        record.write(now)
        document.write(now)
    return up.wrongs


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="goals, separated by commas: g1,g4")
    parser.add_argument("--times", type=int, default=3, help="measurements of each workload")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each steady load")
    parser.add_argument("--peers", action="store_true", help="LiteLLM and Chainlit as well")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/")
    given = parser.parse_args()
    wrongs = uvloop.run(bench(chosen(given.only), given))
    for wrong in wrongs:
        say(f"WRONG ANSWERS: {wrong}")
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
