"""What the keeper knows of an engine: how to start it, when it is ready, how to end it."""

from __future__ import annotations

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from msgspec import Struct

from server.local.datadir import Home
from server.local.identity import Identity
from server.local.runtime import Runtime

LOG_MAX = 8 * 1024 * 1024
"""Bytes after which a log is put aside (one generation) when an engine starts."""

TAIL_BYTES = 4096
"""As much of a log as is searched for the reason of a failed start."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What every program of a run is started with.

    ``lock`` is the engines' lock: each process keeps a copy of that descriptor open, so the lock is
    free only when the last of them has gone, however it went.
    """

    home: Home
    identity: Identity
    runtime: Runtime
    lock: int

    def spawn(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        log: Path,
        dies_by: signal.Signals,
        stdin: bytes = b"",
        identity: Identity | None = None,
        environment: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program in ``folder``, its output appended to ``log``."""
        with open(log, "ab") as output:
            process = subprocess.Popen(  # noqa: S603  # our own programs, no shell
                command,
                cwd=folder,
                # Nothing of the caller's: PGPORT or PGOPTIONS of a shell would reach our engine.
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(self.lock,),
                start_new_session=True,  # so that it can be killed with what it has started
                preexec_fn=(identity or self.identity).enter(  # noqa: PLW1509  # one thread
                    dies_by
                ),
            )
        if process.stdin is not None:
            # It may have ended already; whoever waits for it will say why.
            with suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(stdin)
        return process


class Engine(ABC):
    """One engine. PostgreSQL and Valkey differ in what is abstract here, in nothing else."""

    name: ClassVar[str]
    gentle: ClassVar[signal.Signals]
    """Ends it in good order: nobody is waited for, everything is on disk."""
    rough: ClassVar[signal.Signals]
    """Ends it at once; the next start recovers."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.log = around.home.logs / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def launch(self) -> subprocess.Popen[bytes]:
        """Start the program."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers clients."""

    def start(self) -> None:
        """Start the program and keep its process."""
        if self.log.exists() and self.log.stat().st_size > LOG_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self.process = self.launch()

    def has_ended(self) -> bool:
        """Whether it was started and runs no more."""
        return self.process is not None and self.process.poll() is not None

    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def kill(self, number: signal.Signals) -> None:
        """Send a signal, if there is somebody to get it."""
        if self.process is not None:
            self.process.send_signal(number)

    def last_words(self) -> str:
        """The reason of a failed start, on one line, as its log tells it."""
        return reason(self.log, since=self._log_start)


def reason(log: Path, *, since: int = 0) -> str:
    """The telling lines at the end of a log: errors if there are any, else the last three."""
    try:
        with open(log, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(since, end - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "it left no log"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if "FATAL" in line or "error" in line.lower()] or lines
    return " | ".join(told[-3:]) or "it said nothing"
