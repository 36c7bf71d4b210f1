"""Users who come together to spend more than there is."""

import asyncio
import random

from billing.plans import PlanName
from tests.system.chaos.actor import LeftWaiting
from tests.system.chaos.book import Book, View
from tests.system.chaos.cluster import Cluster
from tests.system.chaos.people import actor, new_key

FOR_SEVEN = 145
"""Credits that hold seven turns of 2 000 output tokens each and not eight: 20.1 each."""

PLAY = "tokens=60 gap=0.02"


async def poor(cluster: Cluster, book: Book, rng: random.Random, name: str) -> None:
    """Twenty turns at the same moment on a balance for seven."""
    key = await new_key(cluster, book, credits=FOR_SEVEN)
    await _all_at_once(cluster, book, rng, key, name, limit=7)


async def limited(cluster: Cluster, book: Book, rng: random.Random, name: str) -> None:
    """The same on a month's quota for five."""
    key = await new_key(cluster, book, plan=PlanName.STARTER)
    await _all_at_once(cluster, book, rng, key, name, limit=5)


async def _all_at_once(
    cluster: Cluster, book: Book, rng: random.Random, key: str, name: str, *, limit: int
) -> None:
    devices = [actor(cluster, book, f"{name}/{number}", key, rng) for number in range(5)]

    async def one(number: int) -> None:
        device = devices[number % len(devices)].twin(str(number))
        try:
            tag, text = device.prompt(PLAY)
            book.sent[tag].crowd, book.sent[tag].crowd_limit = name, limit
            found = await device.submit(tag, text)
            if isinstance(found, View):
                await device.follow(found)
        except LeftWaiting:
            pass
        finally:
            await device.leave()

    await asyncio.gather(*(one(number) for number in range(20)))


async def come(cluster: Cluster, book: Book, rng: random.Random, ended: asyncio.Event) -> None:
    """A crowd every now and then, until ``ended``."""
    number = 0
    while not ended.is_set():
        number += 1
        kind = poor if number % 2 else limited
        book.scripts[f"crowd {kind.__name__}"] += 1
        await kind(cluster, book, rng, f"{kind.__name__}{number}")
        await asyncio.sleep(rng.uniform(2, 8))
