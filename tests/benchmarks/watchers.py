"""What admins who watch live costs take of the process whose turns they watch.

    python -m tests.benchmarks.watchers [--watchers 0,1,50,200] [--different 1,10] [--seconds 8]

Users talk, their answers paced; beside them admins watch the feed, all the same or ten different
subscriptions, each as often as the feed allows. The installation has a day behind it: many
creators, features and models, most of them in the last minutes.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import product as combined
from typing import cast

import uvloop
from msgspec import json
from sqlalchemy import text

from tests.benchmarks import frames
from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import Product
from tests.benchmarks.rig import Rig, rig

CLIENTS = 60
ANSWER = Asked(tokens=100, rate=50, think_ms=50)
"""Half of what a core bears, and thirty turns that end in each second."""

SETTLE_S = 2.0

HISTORY = text("""
WITH people AS (SELECT array_agg(id) AS ids, count(*) AS number FROM users)
INSERT INTO usage_logs (call_id, turn_id, creator_id, workspace_id, feature, agent, provider,
    model, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, prices, cost_usd,
    charged, charged_usd, usage_source, outcome, plan, month, correlation_id, duration_ms, at)
SELECT gen_random_uuid(), gen_random_uuid(), ids[1 + n % number], gen_random_uuid(),
       'feature ' || n % 7, 'agent ' || n % 5, 'demo', 'demo/m' || n % 11, 1, 0, 1, 0, '{}',
       1000 * (n % 97), 0, 0, 'provider', CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'ok' END,
       'business', date_trunc('month', now())::date, '', 1,
       now() - make_interval(secs => CASE WHEN n <= 30000 THEN n / 50.0 ELSE n - 29400 END)
FROM people, generate_series(1, 60000) AS n
""")
"""Fifty calls a second in the last ten minutes, and half a day of them before."""

SUBSCRIPTIONS: list[dict[str, object]] = [
    {"range": window, "groupBy": dimension}
    for dimension, window in combined(("model", "creator", "feature", "agent", "provider"),
                                      ("5m", "1h"))
]  # fmt: skip


class _Watcher(asyncio.Protocol):
    """Subscribes once and reads as fast as it can; counts what it gets."""

    def __init__(self, port: int, key: str, subscription: dict[str, object]) -> None:
        self._port, self._key, self._subscription = port, key, subscription
        self._reader: frames.FrameReader | None = None
        self.begun = asyncio.get_running_loop().create_future()
        self.updates = self.octets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Sec-WebSocket-Protocol": "causerie.costs.v1",
        }
        self.transport.write(frames.upgrade(f"127.0.0.1:{self._port}", "/ws/admin/costs", headers))

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            head, _, data = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(head.decode(errors="replace")[:200])
                return
            self._reader = frames.FrameReader()
            command = {"type": "feed.subscribe", "id": "c1", **self._subscription}
            self.transport.write(frames.frame(frames.TEXT, json.encode(command)))
        for opcode, payload in self._reader.feed(data):
            if opcode == frames.PING:
                self.transport.write(frames.frame(frames.PONG, payload))
            elif opcode == frames.TEXT:
                self.updates += 1
                self.octets += len(payload)
                if not self.begun.done():
                    self.begun.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"connection lost: {exc}")

    def _fail(self, why: str) -> None:
        if not self.begun.done():
            self.begun.set_exception(ConnectionError(why))


@asynccontextmanager
async def watching(on: Product, number: int, different: int) -> AsyncIterator[list[_Watcher]]:
    """``number`` admins with ``different`` subscriptions."""
    loop, watchers = asyncio.get_running_loop(), list[_Watcher]()
    for n, key in enumerate(await on.keys(CLIENTS + number)):
        if n >= CLIENTS:
            made = partial(_Watcher, on.port, key, SUBSCRIPTIONS[n % different])
            _, watcher = await loop.create_connection(made, "127.0.0.1", on.port)
            watchers.append(watcher)
            await watcher.begun
    try:
        yield watchers
    finally:
        for watcher in watchers:
            watcher.transport.abort()


async def _history(on: Product) -> None:
    async with on.live.database() as (_, database), database.transaction() as tx:
        await tx.execute(HISTORY)
        await tx.execute(text("UPDATE users SET role = 'admin'"))


async def measure(up: Rig, number: int, different: int) -> None:
    async with watching(up.product, number, different) as watchers:
        await asyncio.sleep(SETTLE_S)
        counted = [(one.updates, one.octets) for one in watchers]
        began = asyncio.get_running_loop().time()
        run = await up.load(up.product, CLIENTS, ANSWER)
        elapsed = asyncio.get_running_loop().time() - began
        updates = sum(one.updates - was for one, (was, _) in zip(watchers, counted, strict=True))
        octets = sum(one.octets - was for one, (_, was) in zip(watchers, counted, strict=True))
    report = run.report
    each = f"{updates / elapsed / number:.1f} updates/s each" if number else "nobody watches"
    _out(
        f"{number} watchers, {different} different: {each}, {octets / elapsed / 1024:,.0f} KiB/s;"
        f" cpu {run.cpu_s / run.seconds:.3f} s a second; a token is late by p50"
        f" {report.delay_p50_ms or 0:.2f} ms, p99 {report.delay_p99_ms or 0:.2f} ms;"
        f" rss {sum(one.memory_info().rss for one in up.product.measured) / 2**20:.0f} MiB"
    )


async def run(numbers: list[int], kinds: list[int], seconds: float) -> None:
    async with rig(seconds=seconds, say=_out) as up:
        await up.product.keys(CLIENTS + max(numbers))
        await _history(up.product)
        for number in numbers:
            for different in kinds if number > 1 else kinds[:1]:
                await measure(up, number, different)


def _out(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _numbers(given: str) -> list[int]:
    return [int(number) for number in given.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.watchers", description=__doc__)
    parser.add_argument("--watchers", type=_numbers, default=[0, 1, 50, 200])
    parser.add_argument("--different", type=_numbers, default=[1, 10])
    parser.add_argument("--seconds", type=float, default=8.0, help="of each load")
    given = parser.parse_args()
    uvloop.run(run(given.watchers, given.different, given.seconds))


if __name__ == "__main__":
    main()
