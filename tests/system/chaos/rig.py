"""One run: a cluster, clients, faults; then quiet, and the check."""

import asyncio
import itertools
import random
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.system.chaos import crowds, faults, scripts
from tests.system.chaos.book import Book, Violation
from tests.system.chaos.checker import RELEASE_S, await_quiet, check
from tests.system.chaos.cluster import Cluster, cluster_running
from tests.system.chaos.people import actor, new_key
from tests.system.chaos.report import render

ROOT = Path(__file__).resolve().parents[3]
PROGRESS_S = 10.0
FINISH_S = 170.0
"""For clients to bring to an end what they have begun."""


@dataclass(frozen=True)
class Plan:
    """``arm``: how many starts of processes are armed with a failpoint; ``scale``: of freezes."""

    seed: int
    seconds: float
    folder: Path
    webs: int = 3
    billing: int = 2
    actors: int = 16
    arm: float = 0.6
    rest_s: float = 2.0
    rage_s: float = 30.0
    calm_s: float = 20.0
    scale: float = 1.0
    claims: bool = True
    """One worker has a new name at each start, so that others must claim what it had read."""


@dataclass(frozen=True)
class Result:
    report: str
    violations: list[Violation]


def new_folder(seed: int) -> Path:
    """Where a run with that seed keeps its logs, apart from those of others."""
    return ROOT / ".data" / "chaos" / f"{seed}-{secrets.token_hex(2)}"


async def run(plan: Plan, stop: asyncio.Event, say: Callable[[str], None]) -> Result:
    """To its end, or until ``stop``; what has happened by then is checked in any case."""
    rng = random.Random(plan.seed)
    plan.folder.mkdir(parents=True, exist_ok=True)
    book = Book(plan.folder)
    try:
        async with cluster_running(
            plan.folder,
            rng,
            webs=plan.webs,
            billing=plan.billing,
            claims=plan.claims,
        ) as cluster:
            began = time.time()
            await _rage(plan, cluster, book, rng, stop, say)
            say("waiting for quiet")
            await await_quiet(cluster, book)
            say("checking")
            figures = await check(cluster, book)
            seconds = time.time() - began
            return Result(
                render(cluster, book, figures, seed=plan.seed, seconds=seconds), book.violations
            )
    finally:
        book.close()


async def _rage(
    plan: Plan,
    cluster: Cluster,
    book: Book,
    rng: random.Random,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> None:
    ended, calm, raging = asyncio.Event(), asyncio.Event(), asyncio.Event()
    players = []
    for number in range(plan.actors):
        key = await new_key(cluster, book)
        player = actor(cluster, book, f"user{number}", key, rng)
        players.append(asyncio.create_task(scripts.play(player, ended)))
    players.append(asyncio.create_task(crowds.come(cluster, book, rng, ended)))
    evil, lanes = [], []
    for kinds, rest_s in (
        (faults.OF_PROCESSES, plan.rest_s),
        (faults.OF_ENGINES, plan.rest_s),
        (faults.OF_PATIENCE, plan.rest_s * 4),
    ):
        lane = faults.Faults(cluster, book, random.Random(rng.random()), scale=plan.scale)
        lanes.append(lane)
        evil.append(asyncio.create_task(lane.run(calm, raging, kinds, rest_s)))
    waves = asyncio.create_task(_come_in_waves(plan, cluster, book, rng, raging))
    telling = asyncio.create_task(_tell(cluster, book, say))
    with suppress(TimeoutError):
        async with asyncio.timeout(plan.seconds):
            await stop.wait()
    waves.cancel()
    calm.set()
    raging.set()
    await asyncio.wait(evil)
    cluster.arm(0)
    ended.set()
    _, late = await asyncio.wait(players, timeout=FINISH_S)
    for task in late:
        book.wrong("client left waiting", task.get_name(), "a script did not come to its end")
        task.cancel()
    telling.cancel()
    for task in [*players, *evil]:
        if task.done() and not task.cancelled() and task.exception() is not None:
            raise task.exception() or AssertionError
    for lane in lanes:
        await _check_drained(cluster, book, lane.drained)


async def _come_in_waves(
    plan: Plan, cluster: Cluster, book: Book, rng: random.Random, raging: asyncio.Event
) -> None:
    """Faults for a while; then, from when all are up again, none for a while: a process judges
    others only when it and the database have been well for the life of a lease.

    Every third calm ends with one death alone: what it held must be free in time.
    """
    for number in itertools.count(1):
        raging.set()
        cluster.arm(plan.arm)
        await asyncio.sleep(plan.rage_s)
        raging.clear()
        cluster.arm(0)
        await _calm(plan.calm_s, cluster, book)
        if number % 3 == 0:
            book.fault("kill_web alone", time.time(), time.time())
            rng.choice(cluster.webs).send(signal.SIGKILL, "killed alone")
            await asyncio.sleep(RELEASE_S)


async def _calm(seconds: float, cluster: Cluster, book: Book) -> None:
    since = time.monotonic()
    while time.monotonic() - since < seconds:
        await asyncio.sleep(0.2)
        if book.troubled or not all(member.is_ready for member in cluster.members):
            since = time.monotonic()


async def _check_drained(cluster: Cluster, book: Book, drained: dict[str, str]) -> None:
    rows = await cluster.rows(
        "SELECT id FROM turns"
        " WHERE id = ANY($1::uuid[]) AND outcome->'error'->>'code' = 'worker_lost'",
        list(drained),
    )
    for row in rows:
        turn = str(row["id"])
        book.wrong("S9 drain", turn, f"{drained[turn]} ended in good order and lost this turn")


async def _tell(cluster: Cluster, book: Book, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(PROGRESS_S)
        ups = "".join(
            "f" if member.is_frozen else "u" if member.is_ready else "-"
            for member in cluster.members
        )
        say(
            f"{time.monotonic() - began:5.0f} s  {ups}  {len(book.started_at)} turns admitted,"
            f" {sum(book.faults.values())} faults, {len(cluster.deaths)} deaths,"
            f" {len(book.violations)} violations"
        )
