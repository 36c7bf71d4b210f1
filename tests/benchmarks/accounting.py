"""G7: what accounting and persistence cost the web process, of each turn.

A process of its own, on the product's engines and the core of what is measured, does for one turn
after the other what surrounds the provider's answer: limits and slot, plan, admission, the step to
running, the end with its money, answer and usage events, and the relay's part. Its processor time
is all that: no socket, no provider, no journal. The share is that of a turn of the product with an
answer of ``TOKENS`` tokens, all of it, in the same run.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import Any

import uvloop

from billing.pricing import cost
from server.accounts.access import Principal
from server.domain.ids import CallId, new_id
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Usage
from server.local.engines import EngineUrls
from server.persistence import turns
from server.persistence.database import Tx
from server.protocol.commands import StartTurnBody
from server.turns.meter import Call
from server.turns.run import FIRST_FENCE
from server.turns.settlement import Ending
from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import OURS
from tests.benchmarks.processes import line, module, running
from tests.benchmarks.rig import Rig
from tests.benchmarks.workload import Goal, Measured, Workload
from tests.support.turns import Harness, turn_harness
from tests.system.provider_scene import ROOMY

TURNS = 500
WARM_UP_TURNS = 50
AT_ONCE = 8
CREDITS = 1_000_000.0

TOKENS = 300
CLIENTS = 64
PATIENCE_S = 60.0

COST = Goal("g7", "accounting and persistence of a turn", "ms of CPU", 1.0, "less", 2)
SHARE = Goal("g7.share", f"their share of a turn of {TOKENS} tokens", "%", 15.0, "less")


class _Turns:
    """One turn after the other, by the classes that the product does it with."""

    def __init__(self, harness: Harness, caller: Principal) -> None:
        runner = harness.engine._runner
        self._database = harness.process.services.database
        self._admission = harness.engine._admission
        self._counting = harness.process.turns.counting
        self._closer = runner._closer
        self._settled = runner._on_settled
        self._caller = caller

    async def one(self) -> None:
        """A short question in a new conversation, answered at once."""
        body = StartTurnBody(text="What is a turn?", client_message_id=new_id())
        admitted = await self._admission.admit(
            self._caller, body, address="127.0.0.1", correlation_id="benchmark"
        )
        turn, plan = admitted.turn, admitted.plan
        assert plan is not None

        async def begin(tx: Tx) -> bool:
            return await turns.start_running(tx, turn.id, FIRST_FENCE)

        assert await self._database.single(begin)
        usage, now = Usage(input_tokens=20, output_tokens=TOKENS), datetime.now(UTC)
        call = Call(
            call_id=CallId(new_id()),
            agent=turn.agent,
            provider=turn.provider,
            model=turn.model,
            usage=usage,
            outcome=CallOutcome.OK,
            price=plan.price,
            cost_usd=cost(usage, plan.price),
            started_at=now,
            ended_at=now,
        )
        ending = Ending(
            turn=turn,
            fence=FIRST_FENCE,
            state=TurnState.COMPLETED,
            seq=TOKENS,
            text="word " * TOKENS,
            calls=[call],
            at=now,
            transfer_id=new_id(),
        )
        outcome, _ = await self._closer.close(ending)
        assert outcome is not None
        self._settled()
        await self._counting.free(turn)


async def _run(urls: EngineUrls) -> float:
    """Milliseconds of CPU for each turn."""
    settings: dict[str, Any] = {name.lower(): value for name, value in ROOMY.items()}
    async with turn_harness(urls, **settings, log_level="error") as harness:
        people = [_Turns(harness, await harness.person(CREDITS)) for _ in range(AT_ONCE)]

        async def some(each: _Turns, number: int) -> None:
            for _ in range(number):
                await each.one()

        async with asyncio.TaskGroup() as warm:
            for each in people:
                warm.create_task(some(each, WARM_UP_TURNS // AT_ONCE))
        began = time.process_time()
        async with asyncio.TaskGroup() as group:
            for each in people:
                group.create_task(some(each, TURNS // AT_ONCE))
        await harness.process.relay.flush()
        spent = time.process_time() - began
    return spent * 1e3 / (TURNS // AT_ONCE * AT_ONCE)


async def measure(rig: Rig) -> Measured:
    live = rig.product.live
    async with live.database() as (settings, _):
        urls = (settings.engines.database, settings.engines.redis)
    command = module("tests.benchmarks.accounting", *urls)
    async with running(command, core=rig.cores.measured) as process:
        part_ms = float(await line(process, PATIENCE_S))
    asked = Asked(tokens=TOKENS, rate=4 * TOKENS)
    whole = await rig.load(rig.product, CLIENTS, asked, times_longer=2)
    whole_ms = whole.cpu_s * 1e3 / whole.report.turns
    rig.say(f"    {part_ms:.2f} ms of a turn's {whole_ms:.2f}")
    return Measured({COST.key: {OURS: part_ms}, SHARE.key: {OURS: 100 * part_ms / whole_ms}})


WORKLOAD = Workload("accounting", (COST, SHARE), measure)


if __name__ == "__main__":
    database_url, redis_url = sys.argv[1:]
    found = uvloop.run(_run(EngineUrls(database_url=database_url, redis_url=redis_url)))
    sys.stdout.write(f"{found}\n")
