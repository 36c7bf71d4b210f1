"""Child processes of the rig: started, pinned to a core, their processor time and switches read."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.support.dying import dying_with_us

ROOT = Path(__file__).resolve().parents[2]
END_S = 10.0


class Cores(NamedTuple):
    """Where processes run: what is measured on one core, all else on another. None: anywhere."""

    measured: int | None
    others: int | None

    def __str__(self) -> str:
        if self.measured is None:
            return "not pinned: fewer than two cores"
        return (
            f"what is measured on core {self.measured}; provider stub, load, PostgreSQL, Valkey"
            f" and billing on core {self.others}"
        )


def two_cores() -> Cores:
    """Two of those that we may use, if there are two and the system lets us choose."""
    if sys.platform != "linux":
        return Cores(None, None)
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[1]) if len(allowed) > 1 else Cores(None, None)


def pin(processes: Iterable[psutil.Process], core: int | None) -> None:
    """Bind every thread of the processes; what they start later inherits it."""
    if core is None or sys.platform != "linux":
        return
    for process in processes:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            for thread in process.threads():
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread.id, {core})


def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """User and system time that they have taken so far; who is gone counts no more."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def involuntary_switches(processes: Iterable[psutil.Process]) -> int:
    """How often others took the core from them."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.num_ctx_switches().involuntary
    return total


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules in this environment."""
    return [sys.executable, "-m", name, *arguments]


@asynccontextmanager
async def running(
    command: Sequence[str],
    *,
    core: int | None = None,
    environment: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> AsyncIterator[Process]:
    """A child with pipes for its standard streams, ended when it is left. What one that is
    ``quiet`` says goes nowhere, for nobody reads it."""
    process = await asyncio.create_subprocess_exec(
        *dying_with_us(*command),
        stdin=PIPE,
        stdout=DEVNULL if quiet else PIPE,
        stderr=DEVNULL if quiet else None,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )
    pin(family(process.pid), core)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), END_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def line(process: Process, patience_s: float) -> bytes:
    """The next line that it says.

    Raises:
        TimeoutError: it says nothing for so long.
        RuntimeError: it has ended.
    """
    assert process.stdout is not None
    async with asyncio.timeout(patience_s):
        said = await process.stdout.readline()
    if not said:
        raise RuntimeError(f"process {process.pid} ended without a word")
    return said
