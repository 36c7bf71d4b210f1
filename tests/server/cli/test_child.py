"""The second process comes back when it dies and goes when we go."""

import os
import signal
import sys
from pathlib import Path

import anyio
import pytest

from server.cli.child import Child
from tests.support.eventually import eventually

SLEEPER = """
import os, signal, sys, time
def note(what):
    with open(sys.argv[1], "a") as log:
        log.write(f"{what}\\n")
def end(*_):
    note("gently")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note(os.getpid())
time.sleep(600)
"""

PARENT = """
import sys, anyio
from server.cli.child import Child
anyio.run(Child("sleeper", [sys.executable, "-c", sys.argv[1], sys.argv[2]], {}).keep)
"""


class Log:
    """What the sleepers wrote: the process id of each, and how it ended if it could say so."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []

    async def line(self, number: int) -> str:
        found: list[str] = await eventually(
            lambda: lines if len(lines := self.lines()) > number else None
        )
        return found[number]


def is_gone(pid: int) -> bool:
    try:
        # Who lost his parent may wait for ever to be collected where nobody does that.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def test_a_child_that_is_killed_is_started_again_and_ends_with_us(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    child = Child("sleeper", [sys.executable, "-c", SLEEPER, str(log.path)], {})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(child.keep)
        first = int(await log.line(0))
        os.kill(first, signal.SIGKILL)
        second = int(await log.line(1))
        assert second != first
        tasks.cancel_scope.cancel()
    assert is_gone(second)
    assert await log.line(2) == "gently"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
async def test_a_child_never_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    command = [sys.executable, "-c", PARENT, SLEEPER, str(log.path)]
    async with await anyio.open_process(command, stdout=None, stderr=None) as parent:
        pid = int(await log.line(0))
        parent.kill()
    await eventually(lambda: is_gone(pid))
    assert log.lines() == [str(pid)]


async def test_a_child_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await Child("none", [str(tmp_path / "none")], {}).keep()
