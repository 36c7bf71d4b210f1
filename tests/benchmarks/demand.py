"""What turns ask of PostgreSQL, Valkey and billing, on one web process and on two that share them.

    python -m tests.benchmarks.demand [--streams 100] [--seconds 10]

The figures of docs/scaling.md: amounts for each turn and token, by which a larger installation can
be reckoned. Counted from the first question of a load until all that it left behind is billed.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import uvloop
from sqlalchemy import text

from server.cli.context import with_secret
from server.local.urls import find_engines
from server.persistence.redis import open_redis
from server.settings import load
from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import START_S, Contestant, Plain, Product
from tests.benchmarks.processes import cpu_s, family, line, pin, running
from tests.benchmarks.rig import Rig, rig
from tests.support.eventually import eventually

ASKED = Asked(tokens=250, rate=50, think_ms=50)

SHORT = Asked(tokens=5)
RUSHING = 32
"""Clients that ask one short turn after the other."""

BILLED_S = 60.0
"""For the last usage event of a load to become a row."""


class Demand(NamedTuple):
    """Running totals. ``turns`` have ended, ``tokens`` are billed; times are processor time."""

    turns: float
    tokens: float
    web_s: float
    billing_s: float
    postgres_s: float
    valkey_s: float
    transactions: float
    wal_bytes: float
    disk_bytes: float
    commands: float
    valkey_in_bytes: float
    valkey_held_bytes: float


COUNTED = text("""
SELECT (SELECT count(*) FROM turns WHERE ended_at IS NOT NULL) AS turns,
       (SELECT count(*) FROM usage_logs) AS billed,
       (SELECT coalesce(sum(output_tokens), 0) FROM usage_logs) AS tokens,
       (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS wal,
       pg_database_size(current_database()) AS disk
""")


class Place:
    """The product, with its engines at hand and perhaps a second web process."""

    def __init__(self, product: Product, webs: list[psutil.Process]) -> None:
        self._product = product
        self._webs = webs

    async def look(self) -> Demand:
        await eventually(self._is_billed, BILLED_S)
        await asyncio.sleep(1.5)  # PostgreSQL's own counters come that late
        async with self._product.live.database() as (settings, database):
            async with database.snapshot() as tx:
                row = (await tx.execute(COUNTED)).one()
            async with open_redis(settings.engines.redis) as redis:
                told = await redis.info("everything")
        return Demand(
            turns=row.turns,
            tokens=int(row.tokens),
            web_s=cpu_s(self._webs),
            billing_s=cpu_s(self._product.apart["billing"]),
            postgres_s=self._engine_s("postgres"),
            valkey_s=self._engine_s("valkey"),
            transactions=row.commits,
            wal_bytes=int(row.wal),
            disk_bytes=row.disk,
            commands=told["total_commands_processed"],
            valkey_in_bytes=told["total_net_input_bytes"],
            valkey_held_bytes=told["used_memory"],
        )

    async def _is_billed(self) -> bool:
        async with self._product.live.database() as (_, database), database.snapshot() as tx:
            row = (await tx.execute(COUNTED)).one()
            running = (
                await tx.execute(text("SELECT count(*) FROM turns WHERE outcome IS NULL"))
            ).scalar()
        return row.turns == row.billed and not running

    def _engine_s(self, name: str) -> float:
        return cpu_s(one for one in self._product.apart["engines"] if name in one.name())


@asynccontextmanager
async def second_web(up: Rig) -> AsyncIterator[Plain]:
    """One more web process on the same engines, pinned as the first one is."""
    live = up.product.live
    urls = find_engines(Path(live.environment["DATA_DIR"]))
    if urls is None:
        raise RuntimeError("the engines are not announced")
    settings = {
        **live.environment,
        "PORT": "0",
        "LOG_LEVEL": "warning",  # it would be read on this screen
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "SECRET_KEY": with_secret(load(live.environment)).secret_key or "",
    }
    command = [sys.executable, "-m", "server", "serve", "--web-only"]
    async with running(command, core=up.cores.measured, environment=settings) as process:
        said = b""
        while not said.startswith(b"ready at "):
            said = await line(process, START_S)
        pin(family(process.pid), up.cores.measured)
        port = int(said.split()[2].rpartition(b":")[2])
        yield Plain("second web process", "causerie", "/ws", port, process.pid)


class Keyed:
    """A contestant whose clients present keys of the product's users."""

    def __init__(self, of: Contestant, keys: list[str]) -> None:
        self.name, self.wire, self.path, self.port = of.name, of.wire, of.path, of.port
        self._of = of
        self._keys = keys

    @property
    def measured(self) -> Sequence[psutil.Process]:
        return self._of.measured

    async def keys(self, clients: int) -> list[str]:
        return self._keys[:clients]


AMOUNTS: dict[str, Callable[[Demand], float]] = {
    "web: ms of CPU a turn": lambda of: 1e3 * of.web_s / of.turns,
    "web: µs of CPU a token": lambda of: 1e6 * of.web_s / of.tokens,
    "PostgreSQL: ms of CPU a turn": lambda of: 1e3 * of.postgres_s / of.turns,
    "PostgreSQL: transactions a turn": lambda of: of.transactions / of.turns,
    "PostgreSQL: KiB of WAL a turn": lambda of: of.wal_bytes / of.turns / 1024,
    "PostgreSQL: KiB of disk a turn": lambda of: of.disk_bytes / of.turns / 1024,
    "Valkey: ms of CPU a turn": lambda of: 1e3 * of.valkey_s / of.turns,
    "Valkey: µs of CPU a token": lambda of: 1e6 * of.valkey_s / of.tokens,
    "Valkey: commands a turn": lambda of: of.commands / of.turns,
    "Valkey: bytes received a token": lambda of: of.valkey_in_bytes / of.tokens,
    "Valkey: KiB held of a turn": lambda of: of.valkey_held_bytes / of.turns / 1024,
    "billing: ms of CPU a turn": lambda of: 1e3 * of.billing_s / of.turns,
}


def table(rows: dict[str, Demand]) -> str:
    """Markdown: a line for each amount, a column for each load."""
    lines = [["", *rows], ["---", *("---:" for _ in rows)]]
    lines.append(["turns", *(f"{of.turns:,.0f}" for of in rows.values())])
    for name, amount in AMOUNTS.items():
        lines.append([name, *(f"{amount(of):,.2f}" for of in rows.values())])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


async def rates(up: Rig) -> str:
    """Turns a second of short answers, of many accounts and of one: each locks its own row."""
    keys = await up.product.keys(RUSHING)
    said = []
    for name, presented in (("an account each", keys), ("one account", keys[:1] * RUSHING)):
        on = Keyed(up.product, presented)
        run = await up.load(on, RUSHING, SHORT)
        turns = run.report.turns
        said.append(f"{turns / run.seconds:,.0f} with {name}")
    return f"Turns a second of {RUSHING} clients: {', '.join(said)}."


async def measure(streams: int, seconds: float) -> str:
    async with rig(seconds=seconds, say=_say) as up, second_web(up) as other:
        keys = await up.product.keys(streams)
        half = streams // 2
        loads: dict[str, list[tuple[Contestant, int]]] = {
            "one web process": [(up.product, streams)],
            "two web processes": [(up.product, half), (Keyed(other, keys[half:]), half)],
        }
        rows = {}
        for name, parts in loads.items():
            webs = [process for on, _ in parts for process in on.measured]
            place = Place(up.product, webs)
            before = await place.look()
            await asyncio.gather(*(up.load(on, clients, ASKED) for on, clients in parts))
            after = await place.look()
            rows[name] = Demand(*(now - then for now, then in zip(after, before, strict=True)))
        return f"{table(rows)}\n\n{await rates(up)}"


def _say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.demand", description=__doc__)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    _say(uvloop.run(measure(given.streams, given.seconds)))


if __name__ == "__main__":
    main()
