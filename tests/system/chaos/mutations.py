"""The product broken on purpose, one promise at a time: the checker must see each.

``python -m tests.system.chaos --mutations`` plays all of them; the suite plays some.
"""

import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from server.migrations.upgrade import upgrade
from tests.system.chaos import scenes
from tests.system.chaos.book import Book, Violation
from tests.system.chaos.checker import await_quiet, check
from tests.system.chaos.cluster import cluster_running
from tests.system.chaos.engines import OwnEngines, own_engines
from tests.system.chaos.scenes import LEASES, Stage

MUTANTS = Path(__file__).parent / "mutants"
DATABASE = "causerie_scene"
QUIET_S = 8.0
"""What a healthy cluster needs, many times over."""

Edit = tuple[str, str, str]
Scene = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Mutant:
    """``edits``: module, text, what it becomes. ``scene`` shows it, and one of ``red`` names what
    is seen. ``points``: failpoints by member, for the healthy product as well."""

    name: str
    scene: Scene
    red: tuple[str, ...]
    edits: tuple[Edit, ...]
    points: dict[str, str] = field(default_factory=dict)


MUTATED = (
    Mutant(
        name="the end of a turn asks for no fence",
        scene=scenes.frozen,
        red=("I8 outcome", "I10 calls", "I4 event per call"),
        edits=(
            (
                "server.persistence.turns",
                "ended_at = :at\n"
                "WHERE id = :turn AND fence = :fence AND state IN ('admitted', 'running')",
                "ended_at = :at\nWHERE id = :turn AND (true OR fence = :fence)",
            ),
        ),
    ),
    Mutant(
        name="a quota is looked at first and raised later",
        scene=scenes.crowd,
        red=("T3 crowd",),
        edits=(
            (
                "billing.statements",
                "OR quotas.spent + quotas.held + excluded.held <= excluded.limit_usd",
                "OR (SELECT q.spent + q.held FROM quotas AS q WHERE q.user_id = excluded.user_id"
                " AND q.month = excluded.month) + excluded.held <= excluded.limit_usd",
            ),
        ),
    ),
    Mutant(
        name="an outcome is told before it is committed",
        scene=scenes.told_and_killed,
        red=("I8 outcome",),
        edits=(
            (
                "server.turns.settlement",
                "        outcome = await self._database.run(work)\n",
                """
        import asyncio

        class Peeked(Exception):
            pass

        told: list[Outcome | None] = []

        async def peek(tx: Tx) -> None:
            told.append(await work(tx))
            raise Peeked

        try:
            await self._database.run(peek)
        except Peeked:
            pass
        loop = asyncio.get_running_loop()
        loop.call_later(2, lambda: asyncio.ensure_future(self._database.run(work)))
        outcome = told[0]
""",
            ),
        ),
    ),
    Mutant(
        name="a worker acknowledges before it commits",
        scene=scenes.dying_worker,
        red=("I7 outbox", "I4 event per call"),
        points={"billing0": "worker.written@1"},
        edits=(
            (
                "billing.consumers.group",
                'reach("worker.read")\n',
                'reach("worker.read")\n            await self._redis.xack('
                "USAGE_STREAM, USAGE_GROUP, *[entry.id for entry in entries])\n",
            ),
        ),
    ),
    Mutant(
        name="the relay marks before it sends",
        scene=scenes.dying_relay,
        red=("I7 outbox", "I4 event per call"),
        points={"web0": "relay.sent@1"},
        edits=(
            (
                "server.workers.relay",
                "            rows = await outbox.claim(tx, BATCH)\n            if rows:\n",
                "            rows = await outbox.claim(tx, BATCH)\n"
                "            await outbox.mark_published(tx, [row.id for row in rows])\n"
                "        if True:\n            if rows:\n"
                '                reach("relay.sent")\n',
            ),
            (
                "server.workers.relay",
                '                reach("relay.sent")\n'
                "                await outbox.mark_published(tx, [row.id for row in rows])\n"
                "        if rows:",
                "        if rows:",
            ),
        ),
    ),
    Mutant(
        name="a call that is delivered twice is charged to the month twice",
        scene=scenes.dying_worker,
        red=("reconcile I5 charges",),
        points={"billing0": "worker.committed@1"},
        edits=(
            (
                "billing.consumers.charges",
                "charges = monthly(written)",
                "charges = monthly(calls.values())",
            ),
        ),
    ),
    Mutant(
        name="a number of the journal is used twice",
        scene=scenes.ordinary,
        red=("I8 twice", "I8 gapless", "I8 text"),
        edits=(
            (
                "server.turns.buffer",
                "data = self._encoder(last, text, from_seq=from_seq, agent=agent)",
                "data = self._encoder("
                "last - (last % 5 == 0), text, from_seq=from_seq, agent=agent)",
            ),
        ),
    ),
    Mutant(
        name="money is a float, rounded to the nearest",
        scene=scenes.ordinary,
        red=("I4 price",),
        edits=(
            (
                "billing.pricing",
                "return NanoUsd(_ceil(fine, PICOS_PER_NANO * MS_PER_SECOND))",
                "return NanoUsd(round(fine / (PICOS_PER_NANO * MS_PER_SECOND)))",
            ),
        ),
    ),
    Mutant(
        name="what was held is not given back",
        scene=scenes.ordinary,
        red=("I1 held", "reconcile I1 held"),
        edits=(
            (
                "billing.statements",
                "SET held = held - CAST(:credits AS bigint), balance = balance",
                "SET held = held - 0 * CAST(:credits AS bigint), balance = balance",
            ),
        ),
    ),
    Mutant(
        name="a repeated question is a new one",
        scene=scenes.copies,
        red=("I9 one turn",),
        edits=(
            (
                "server.turns.admission",
                "client_message_id=request.client_message_id,",
                "client_message_id=new_id(),",
            ),
        ),
    ),
    Mutant(
        name="the answer is not stored as it was streamed",
        scene=scenes.ordinary,
        red=("I8 text",),
        edits=(
            (
                "server.turns.settlement",
                "text=ending.text,\n        agent=turn.agent",
                "text=ending.text[:-1],\n        agent=turn.agent",
            ),
        ),
    ),
    Mutant(
        name="what users write is logged",
        scene=scenes.ordinary,
        red=("I12 words",),
        edits=(
            (
                "server.turns.admission",
                '        require(caller, "turns")\n',
                '        require(caller, "turns")\n'
                "        import logging\n"
                '        logging.getLogger("words").warning("asked: %s", request.text)\n',
            ),
        ),
    ),
)


WHOLE = Mutant(
    name="the product as it is",
    scene=scenes.everything,
    red=(),
    edits=(),
    points={"billing0": "worker.written@1", "web0": "relay.sent@1"},
)
"""Plays all scenes, and must stay green."""


async def play(
    engines: OwnEngines, folder: Path, mutant: Mutant, *, broken: bool = True, seed: int = 1
) -> list[Violation]:
    """A small cluster plays the mutant's scene; answers what the checker says. ``broken`` False:
    the same with the product as it is, which must stay green."""
    edits = [*LEASES, *(mutant.edits if broken else ())]
    book, rng = Book(folder), random.Random(seed)
    try:
        async with cluster_running(
            folder,
            rng,
            webs=2,
            billing=1,
            engines=await engines.fresh(DATABASE),
            points=mutant.points,
            PYTHONPATH=str(MUTANTS),
            CHAOS_MUTANT=json.dumps(edits),
        ) as cluster:
            await mutant.scene(await scenes.open_stage(cluster, book, rng))
            await await_quiet(cluster, book, QUIET_S)
            await check(cluster, book)
            for member in cluster.members:
                member.abandon()  # a goodbye in good order takes seconds
    finally:
        book.close()
    return book.violations


def is_seen(mutant: Mutant, violations: list[Violation]) -> bool:
    """Whether the checker named what is broken."""
    return any(violation.of in mutant.red for violation in violations)


async def play_all(folder: Path, say: Callable[[str], None]) -> bool:
    """Every mutant and the whole product; answers whether each was seen, and nothing else."""
    good = True
    async with own_engines(folder / "engines", fsync=False) as engines:
        await upgrade(engines.urls.database_url)
        for number, mutant in enumerate((WHOLE, *MUTATED)):
            began = time.monotonic()
            found = await play(engines, folder / f"{number:02}", mutant)
            as_expected = is_seen(mutant, found) if mutant.red else not found
            good = good and as_expected
            kinds = ", ".join(sorted({violation.of for violation in found})) or "nothing"
            mark = "ok " if as_expected else "BAD"
            say(f"{mark} {time.monotonic() - began:5.1f} s  {mutant.name}: {kinds}")
            if not as_expected:
                for violation in found[:5]:
                    say(f"      {violation.of} {violation.about}: {violation.says[:300]}")
    return good
