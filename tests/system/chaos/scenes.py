"""Short directed scenes: each brings the product to one place where a broken promise would show."""

import asyncio
import random
import signal
from contextlib import suppress

from tests.support.eventually import eventually
from tests.system.chaos import crowds, scripts, webscripts
from tests.system.chaos.actor import Actor, LeftWaiting
from tests.system.chaos.book import Book, View
from tests.system.chaos.cluster import Cluster
from tests.system.chaos.member import Member
from tests.system.chaos.people import actor, new_key

BEAT_S, TTL_S = 0.3, 1.5
"""Leases of the mutation runs, so that nobody waits for long."""

LEASES = (
    ("server.turns.leases", "BEAT_S = 3.0", f"BEAT_S = {BEAT_S}"),
    ("server.turns.leases", "TTL_S = 15.0", f"TTL_S = {TTL_S}"),
)


class Stage:
    """A cluster, and somebody rich on it."""

    def __init__(self, cluster: Cluster, book: Book, rng: random.Random, key: str) -> None:
        self.cluster = cluster
        self.book = book
        self.rng = rng
        self._key = key

    def somebody(self, *webs: Member) -> Actor:
        """Who knows these web processes only; all of them by default."""
        number = len(self.book.sent)
        made = actor(self.cluster, self.book, f"user{number}", self._key, self.rng)
        made.webs = list(webs) or self.cluster.webs
        return made


async def open_stage(cluster: Cluster, book: Book, rng: random.Random) -> Stage:
    return Stage(cluster, book, rng, await new_key(cluster, book))


async def ordinary(stage: Stage) -> None:
    """Answers as they are most days: short, long, cut, cancelled, over HTTP."""
    someone = stage.somebody()
    for play in ("tokens=40 gap=0.003", "tokens=7", "tokens=40 cut=20 how=fin", "tokens=11"):
        await someone.converse(play)
    await scripts.cancel(someone)
    await scripts.drop(someone)
    await webscripts.wait_by_http(someone)
    await webscripts.stream_by_http(someone)
    await someone.leave()


async def frozen(stage: Stage) -> None:
    """A process that loses its lease in the middle of an answer, and wakes."""
    first, second = stage.cluster.webs[:2]
    someone, watcher = stage.somebody(first), stage.somebody(second)
    view = await someone.start("tokens=60 gap=0.02")
    assert isinstance(view, View)
    await someone.follow(view, until=60)
    await someone.leave(rudely=True)
    seen = stage.book.view(view.turn_id, watcher.name)
    sleeping = asyncio.create_task(first.freeze(60))
    await watcher.follow(seen)
    sleeping.cancel()
    await asyncio.wait({sleeping})
    # Awake, it must find that the turn is no longer its own.
    await someone.converse("tokens=4")
    await asyncio.sleep(4 * BEAT_S)
    await someone.leave()
    await watcher.leave()


async def told_and_killed(stage: Stage) -> None:
    """A process that dies the moment it has told an outcome."""
    first, second = stage.cluster.webs[:2]
    someone = stage.somebody(first, second)
    view = await someone.start("tokens=10 gap=0.01")
    assert isinstance(view, View)
    session = someone.current
    assert session is not None
    await someone.follow(view)
    session.web.send(signal.SIGKILL, "killed")
    await someone.leave(rudely=True)


async def copies(stage: Stage) -> None:
    """One question many times over."""
    someone = stage.somebody()
    with suppress(LeftWaiting):
        await scripts.repeat(someone)
    await someone.leave()


async def crowd(stage: Stage) -> None:
    """Twenty at once on credits for seven, and on a quota for five."""
    args = (stage.cluster, stage.book, stage.rng)
    await asyncio.gather(crowds.poor(*args, "poor"), crowds.limited(*args, "limited"))


async def dying_worker(stage: Stage) -> None:
    """The billing worker dies over the first batch it gets."""
    await _outlive(stage, stage.cluster.workers[0])


async def dying_relay(stage: Stage) -> None:
    """A web process dies over the first events that it sends."""
    await _outlive(stage, stage.cluster.webs[0])


async def everything(stage: Stage) -> None:
    """One scene after the other; worker and relay die first."""
    await asyncio.gather(dying_worker(stage), dying_relay(stage))
    for scene in (ordinary, copies, crowd, frozen, told_and_killed):
        await stage.cluster.all_ready()
        await scene(stage)


async def _outlive(stage: Stage, member: Member) -> None:
    someone = stage.somebody(stage.cluster.webs[0])
    await someone.converse("tokens=9")
    await eventually(lambda: member.deaths, 30)
    await someone.leave()
    await stage.somebody().converse("tokens=9")
