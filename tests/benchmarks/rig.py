"""The rig: what is measured and what measures it, started together, and one way to run a load."""

import asyncio
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct, json

from tests.benchmarks.asked import Asked
from tests.benchmarks.clients import Plan
from tests.benchmarks.contestants import (
    LINES_RELAY,
    SDK_RELAY,
    Contestant,
    Plain,
    Product,
    product,
    relay,
    stub,
)
from tests.benchmarks.disturbance import Disturbance, Watch
from tests.benchmarks.load import Report
from tests.benchmarks.peers import NotStarted, installed
from tests.benchmarks.processes import Cores, cpu_s, line, module, running, two_cores

Say = Callable[[str], None]

WARM_UP_S = 1.5
"""From the moment at which every client hears an answer until figures are taken."""

PATIENCE_S = 5.0
"""For every client to hear the beginning of an answer; who needs longer cannot bear that load."""

REPORT_S = 30.0
"""For the load to sort what it has seen, on a busy machine."""

LOG_SHOWN = 3_000
"""Characters of the product's log that are shown when it fails."""

LOOK_S = 0.5
SETTLE_S = 20.0
"""Between two loads: until what was measured rests, for whoever is behind still works on the last
one; longer is not waited for."""

RESTING = 0.1
"""Share of a core below which somebody rests."""


class Run(Struct, frozen=True):
    """One load on one contestant. ``cpu_s`` is the contestant's alone, ``apart_s`` that of its
    billing and engines."""

    seconds: float
    cpu_s: float
    apart_s: dict[str, float]
    report: Report
    disturbed: Disturbance

    @property
    def tokens_per_cpu_s(self) -> float:
        return self.report.tokens / self.cpu_s if self.cpu_s else 0.0

    @property
    def tokens_per_s(self) -> float:
        return self.report.tokens / self.seconds

    @property
    def cpu_us_per_token(self) -> float | None:
        return 1e6 / self.tokens_per_cpu_s if self.tokens_per_cpu_s else None

    @property
    def is_right(self) -> bool:
        """Every client was answered, every answer was whole, and none was refused."""
        report = self.report
        return not report.wrong and not report.refused and report.speaking == report.clients


class Rig:
    """``product`` is ours, ``others`` what it is held against, ``ceiling`` the stub alone.

    ``seconds`` is how long a steady load is measured. ``disturbances`` gathers what was seen
    during loads; whoever takes a workload's figures empties it. ``wrongs`` gathers what must not
    be: a figure of wrong answers is worth nothing. ``borne`` is how many streams each contestant
    was found to bear, for the next search.
    """

    def __init__(
        self,
        product: Product,
        ceiling: Plain,
        others: list[Contestant],
        *,
        cores: Cores,
        seconds: float,
        say: Say,
    ) -> None:
        self.product = product
        self.ceiling = ceiling
        self.others = others
        self.cores = cores
        self.seconds = seconds
        self.say = say
        self.disturbances: list[Disturbance] = []
        self.wrongs: list[str] = []
        self.borne: dict[str, int] = {}

    def other(self, name: str) -> Contestant | None:
        return next((one for one in self.others if one.name == name), None)

    async def load(
        self,
        on: Contestant,
        clients: int,
        asked: Asked,
        *,
        pause_ms: float = 0.0,
        patience_s: float = PATIENCE_S,
        times_longer: float = 1.0,
    ) -> Run:
        """``clients`` ask ``asked`` one turn after the other; figures are of the steady state,
        ``times_longer`` than usual where samples are few."""
        plan = Plan(
            wire=on.wire,
            port=on.port,
            path=on.path,
            clients=clients,
            asked=asked,
            keys=await on.keys(clients),
            pause_ms=pause_ms,
            patience_s=patience_s,
        )
        async with running(module("tests.benchmarks.load"), core=self.cores.others) as load:
            run = await self._measure(on, plan, load, self.seconds * times_longer)
        self._tell(on, run)
        await self._settle(on)
        return run

    async def _settle(self, on: Contestant) -> None:
        give_up = time.monotonic() + SETTLE_S
        while time.monotonic() < give_up:
            before = cpu_s(on.measured)
            await asyncio.sleep(LOOK_S)
            if cpu_s(on.measured) - before < RESTING * LOOK_S:
                return

    async def _measure(self, on: Contestant, plan: Plan, load: Process, seconds: float) -> Run:
        _write(load, plan)
        await line(load, REPORT_S + plan.patience_s)
        await asyncio.sleep(WARM_UP_S)
        measured = on.measured
        apart = on.apart if isinstance(on, Product) else {}
        watch, before = Watch(measured), cpu_s(measured)
        apart_before = {name: cpu_s(group) for name, group in apart.items()}
        began = time.monotonic()
        _write(load, "measure")
        await asyncio.sleep(seconds)
        _write(load, "stop")
        spent, elapsed = cpu_s(measured) - before, time.monotonic() - began
        apart_s = {name: cpu_s(group) - apart_before[name] for name, group in apart.items()}
        disturbed = watch.read()
        if on is not self.ceiling:  # the stub shares its core with the load, and is disturbed by it
            self.disturbances.append(disturbed)
        report = json.decode(await line(load, REPORT_S), type=Report)
        return Run(elapsed, spent, apart_s, report, disturbed)

    def _tell(self, on: Contestant, run: Run) -> None:
        report = run.report
        apart = "".join(f", {name} {spent:.1f}" for name, spent in run.apart_s.items())
        p50, p99 = report.delay_p50_ms or 0.0, report.delay_p99_ms or 0.0
        self.say(
            f"    {on.name}, {report.clients} clients: {run.tokens_per_s:,.0f} tokens/s"
            f" ({run.tokens_per_cpu_s:,.0f} a CPU second), {report.turns} turns;"
            f" cpu {run.cpu_s:.1f} s of {run.seconds:.1f}{apart};"
            f" added p50 {p50:.2f} ms, p99 {p99:.2f} ms"
        )
        if report.speaking < report.clients:
            self.say(f"      {report.clients - report.speaking} clients heard nothing")
        if report.refused:
            self.say(f"      refused: {report.refused}")
            if "internal" in report.refused:
                self.wrongs.append(f"{on.name}, {report.clients} clients: it failed, see its log")
                log = self.product.live.output.splitlines()
                self.say("\n".join(line for line in log if '"error"' in line)[:LOG_SHOWN])
        if report.wrong:
            self.wrongs.append(f"{on.name}, {report.clients} clients: {report.wrong} wrong")
            self.say(f"      WRONG {report.wrong}: {report.wrongs}")


def _write(process: Process, what: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.encode(what) + b"\n")


@asynccontextmanager
async def rig(*, seconds: float, say: Say, peers: bool = False) -> AsyncIterator[Rig]:
    """Everything up; gone with all that it wrote when it is left."""
    cores = two_cores()
    say(f"pinned: {cores}")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="causerie-bench-")))
        ceiling = await stack.enter_async_context(stub(cores))
        ours = await stack.enter_async_context(product(folder, ceiling.port, cores))
        others: list[Contestant] = [
            await stack.enter_async_context(relay(name, way, ceiling.port, cores))
            for name, way in ((SDK_RELAY, "chunks"), (LINES_RELAY, "lines"))
        ]
        for peer in installed() if peers else ():
            provider = f"http://127.0.0.1:{ceiling.port}/v1"
            try:
                others.append(await stack.enter_async_context(peer(folder, provider, cores)))
            except NotStarted as missing:
                say(f"left out, it does not answer: {missing}")
        yield Rig(ours, ceiling, others, cores=cores, seconds=seconds, say=say)
