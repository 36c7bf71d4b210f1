"""The load generator: a process of clients that is told its plan, and tells what they saw.

    python -m tests.benchmarks.load

One JSON document a line. In: the ``Plan``, then ``"measure"``, then ``"stop"``. Out: how
many clients have heard the beginning of an answer, once it is all of them or the plan's patience is
over; then the ``Report``.
"""

import asyncio
import gc
import sys
from contextlib import suppress

import uvloop
from msgspec import Struct, json

from tests.benchmarks import stamps
from tests.benchmarks.clients import Client, Plan, Tally
from tests.benchmarks.figures import percentile
from tests.benchmarks.socketwire import HOST
from tests.benchmarks.wires import WIRES


class Report(Struct, frozen=True):
    """What was seen between ``measure`` and ``stop``. Times in milliseconds; None: no sample.
    ``wrong`` counts from the beginning: a wrong answer is wrong at any time."""

    tokens: int
    frames: int
    turns: int
    delay_p50_ms: float | None
    delay_p99_ms: float | None
    first_p50_ms: float | None
    first_p95_ms: float | None
    refused: dict[str, int]
    wrong: int
    wrongs: list[str]
    clients: int
    speaking: int
    """Clients that had heard the beginning of an answer by the end."""


def report(tally: Tally) -> Report:
    delays, firsts = sorted(tally.delays), sorted(tally.firsts)

    def at(samples: list[int], share: float) -> float | None:
        return stamps.ms(percentile(samples, share)) if samples else None

    return Report(
        tokens=tally.tokens,
        frames=tally.frames,
        turns=tally.turns,
        delay_p50_ms=at(delays, 0.5),
        delay_p99_ms=at(delays, 0.99),
        first_p50_ms=at(firsts, 0.5),
        first_p95_ms=at(firsts, 0.95),
        refused=dict(tally.refused),
        wrong=tally.wrong,
        wrongs=tally.wrongs,
        clients=tally.clients,
        speaking=tally.speaking,
    )


async def _arrive(plan: Plan, tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    wire = WIRES[plan.wire]
    for number in range(plan.clients):
        client = Client(plan, tally, number)
        await loop.create_connection(lambda client=client: wire(client), HOST, plan.port)  # type: ignore[misc]
        await asyncio.sleep(plan.arrive_ms / 1000)


def _say(what: object) -> None:
    sys.stdout.buffer.write(json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


async def _play(lines: asyncio.StreamReader) -> None:
    plan = json.decode(await lines.readline(), type=Plan)
    tally = Tally(plan.clients)
    # The tallies grow to millions of numbers: nothing the collector could free.
    gc.disable()
    await _arrive(plan, tally)
    with suppress(TimeoutError):
        async with asyncio.timeout(plan.patience_s):
            await tally.all_speak.wait()
    _say(tally.speaking)
    await lines.readline()
    tally.is_open = True
    await lines.readline()
    tally.is_open = False
    _say(report(tally))


async def main() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await _play(lines)


if __name__ == "__main__":
    uvloop.run(main())
