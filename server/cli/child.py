"""A second process that lives while we do: started again when it dies, gone when we are."""

import asyncio
import logging
import os
import signal
import subprocess
import time
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from typing import NoReturn

import anyio

from server.local.identity import Identity, Runner
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
"""Between a death and the next start: twice as long each time, so that a child that cannot start
costs nothing, while one that was killed is back at once."""

SETTLED_S = 60.0
"""A child that lived this long had started well: the waiting begins anew."""

STANDARD_ERROR = 2
"""Our own standard output is for what a person or a script asked for."""

END_S = 10.0
"""What the child gets to finish its batch when we end."""


class Child:
    """Keeps ``command`` running. It shares our standard error, so its log lines join ours."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name, self._command, self._environment = name, command, dict(environment)

    async def keep(self) -> NoReturn:
        """Run it, again and again, until cancelled; then end it in good order."""
        wait = FIRST_WAIT_S
        while True:
            started = time.monotonic()
            with anyio.CancelScope(shield=True):  # a child half started would be nobody's
                process = await self._start()
            try:
                status = await process.wait()
            finally:
                with anyio.CancelScope(shield=True):
                    await _end(process)
            if time.monotonic() - started > SETTLED_S:
                wait = FIRST_WAIT_S
            log.warning(
                "child.ended", extra=fields(child=self._name, status=status, again_in_s=wait)
            )
            await anyio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def _start(self) -> Process:
        # asyncio's own call: anyio's does not pass ``preexec_fn`` on. uvloop forks in this, the
        # main thread, as the kernel's death signal wants it.
        return await asyncio.create_subprocess_exec(
            *self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=STANDARD_ERROR,
            # Ctrl-C reaches the terminal's whole process group; billing ends after the turns.
            start_new_session=True,
            preexec_fn=Identity(runner=Runner.SELF, uid=os.geteuid()).enter(signal.SIGKILL),
        )


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    with anyio.move_on_after(END_S):
        await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()
