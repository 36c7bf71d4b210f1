"""Private PostgreSQL and Valkey for a server that was given none: the door to this package.

    async with local_engines(settings.data_dir) as urls:
        async with open_database(urls.database_url) as database: ...

The data stays in ``data_dir`` from run to run. Without root rights and with them, one owner at a
time, nothing left running when the owner ends, however it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

import anyio
from msgspec import DecodeError, json

from server.local import errors
from server.local.datadir import Home
from server.local.errors import EngineFailed
from server.local.identity import Runner
from server.local.keeper import Report
from server.local.urls import EngineUrls

__all__ = ["EngineUrls", "Engines", "engines_running", "local_engines"]

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package ``server``: the keeper starts with an empty path."""


class Engines:
    """Engines owned by this process: ``launch``, ``await_ready``, ``stop``. Each call blocks.

    ``fsync=False`` trades the safety of the data for speed, for tests; ``runner`` forces how
    engines come to their user id, None chooses what works here.
    """

    def __init__(self, data_dir: Path, *, fsync: bool = True, runner: Runner | None = None) -> None:
        self.home = Home(data_dir)
        self._arguments = [] if fsync else ["--no-fsync"]
        if runner is not None:
            self._arguments += ["--runner", runner]
        self._lock: int | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def keeper(self) -> subprocess.Popen[bytes]:
        """The process that runs the engines; there once launched."""
        if self._keeper is None:
            raise RuntimeError("launch() comes first")
        return self._keeper

    @property
    def report(self) -> IO[bytes]:
        """Readable when the keeper has told how the start went."""
        if self.keeper.stdout is None:
            raise RuntimeError("launch() pipes it")
        return self.keeper.stdout

    def launch(self) -> None:
        """Take the data folder and have the engines started; they are not ready yet.

        Raises:
            AlreadyRunning: another process owns the folder.
            DataDirUnusable: the folder cannot be used.
        """
        self.home.prepare()
        self._lock = self.home.own()
        # What a killed run announced is not ours; nobody may read it while we hold the lock.
        self.home.announcement.unlink(missing_ok=True)
        with open(self.home.logs / "keeper.log", "ab") as log:
            command: list[str | Path] = [sys.executable, "-P", "-m", "server.local.keeper"]
            self._keeper = subprocess.Popen(  # noqa: S603  # ourselves
                [*command, self.home.root, *self._arguments],
                cwd=self.home.root,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C goes to the terminal's whole process group. The server settles its turns
                # first and needs its database for that.
                start_new_session=True,
            )

    def await_ready(self) -> EngineUrls:
        """Wait until both engines answer, and say where.

        Raises:
            LocalEngineError: what kept them from starting, in one line.
        """
        line = self.report.readline()
        try:
            told = json.decode(line, type=Report)
        except DecodeError as error:
            raise EngineFailed(
                f"the engines' keeper ended without a word; see {self.home.logs}/keeper.log"
            ) from error
        if told.urls is None:
            kind = getattr(errors, told.kind, EngineFailed)
            raise kind(told.error)
        return told.urls

    def stop(self) -> None:
        """End the engines in good order, then let the data folder go. Safe at any moment."""
        if self._keeper is not None:
            for end in (self._keeper.stdin, self._keeper.stdout):
                if end is not None:
                    end.close()
            self._keeper.wait()  # bounded by the keeper's own deadlines
            self._keeper = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@asynccontextmanager
async def local_engines(
    data_dir: Path, *, fsync: bool = True, runner: Runner | None = None
) -> AsyncIterator[EngineUrls]:
    """Engines on ``data_dir`` for as long as the body runs; cancelling while they start is fine.

    Raises:
        LocalEngineError: its message is one line, fit to end a command with.
    """
    engines = Engines(data_dir, fsync=fsync, runner=runner)
    try:
        await anyio.to_thread.run_sync(engines.launch)
        await anyio.wait_readable(engines.report)
        yield await anyio.to_thread.run_sync(engines.await_ready)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(engines.stop)


@contextmanager
def engines_running(
    data_dir: Path, *, fsync: bool = True, runner: Runner | None = None
) -> Iterator[EngineUrls]:
    """``local_engines`` for code without an event loop."""
    engines = Engines(data_dir, fsync=fsync, runner=runner)
    try:
        engines.launch()
        yield engines.await_ready()
    finally:
        engines.stop()
