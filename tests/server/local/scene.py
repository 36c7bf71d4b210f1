"""Processes that own engines, to be killed; and a look at what they leave behind.

Run as ``python -m tests.server.local.scene DATA_DIR [RUNNER]``: owns engines, says their addresses
in one JSON line, ends when standard input closes. On SIGINT it writes to its database first.
"""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import asyncpg
import psutil
from msgspec import json
from redis import Redis
from redis.exceptions import RedisError

from server.local.datadir import Home
from server.local.engines import EngineUrls, engines_running
from server.local.errors import LocalEngineError
from server.local.identity import Identity, Runner
from server.local.keeper import Report
from tests.support.engines import connection

DEADLINE_S = 60.0
"""Nothing here takes a second on an idle machine; the suite may share its own."""

Unreachable = (OSError, RedisError, asyncpg.PostgresError)
"""What clients meet while an engine is down."""


class Owner:
    """Another process that owns engines on a folder."""

    def __init__(
        self, data_dir: Path, runner: Runner | None = None, identity: Identity | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.local.scene", data_dir, *filter(None, [runner])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a process group of its own, as a terminal gives to a command
            preexec_fn=identity.enter(signal.SIGKILL) if identity else None,  # noqa: PLW1509  # one thread
        )

    def report(self) -> Report:
        """What it says first. Waits for it."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_S)
        assert ready, "the owner said nothing"
        return json.decode(self.process.stdout.readline(), type=Report)

    def urls(self) -> EngineUrls:
        """Where its engines are, once they are."""
        told = self.report()
        assert told.urls is not None, told.error
        return told.urls

    def end(self) -> None:
        """Let it end in good order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(DEADLINE_S)


@contextmanager
def owner(
    data_dir: Path, runner: Runner | None = None, identity: Identity | None = None
) -> Iterator[Owner]:
    """An owner, and the certainty that nothing of it outlives the test."""
    started = Owner(data_dir, runner, identity)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        for pipe in (started.process.stdin, started.process.stdout):
            assert pipe is not None
            pipe.close()
        eventually(lambda: Home(data_dir).is_owned() or not processes_in(data_dir))


def processes_in(folder: Path) -> list[psutil.Process]:
    """Every process at work in ``folder``: keeper, engines and their children all are."""
    found = []
    for process in psutil.process_iter():
        try:
            here = Path(process.cwd())
            if here.is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def one(folder: Path, name: str) -> psutil.Process:
    """The topmost process at work in ``folder`` whose command line tells ``name``."""
    named = [found for found in processes_in(folder) if name in _command(found)]
    return next(found for found in named if found.ppid() not in {other.pid for other in named})


def _command(process: psutil.Process) -> str:
    """Empty: it has ended since it was found."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""


def eventually(condition: Callable[[], object]) -> None:
    """Wait until ``condition`` holds."""
    give_up = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.02)


def write(urls: EngineUrls, word: str) -> None:
    """Commit a row and set a key."""
    query(urls, "CREATE TABLE IF NOT EXISTS words (word text)", "INSERT INTO words SELECT $1", word)
    with Redis.from_url(urls.redis_url) as redis:
        redis.set("word", word)


def words(urls: EngineUrls) -> list[str]:
    """Every row written, and the key."""
    rows = query(urls, "", "SELECT word FROM words ORDER BY word")
    with Redis.from_url(urls.redis_url) as redis:
        return [*rows, cast("bytes", redis.get("word")).decode()]


def query(urls: EngineUrls, before: str, statement: str, *values: str) -> Sequence[str]:
    """The first column of ``statement``, in a connection of its own."""

    async def run() -> Sequence[str]:
        async with connection(urls.database_url) as database:
            if before:
                await database.execute(before)
            return [row[0] for row in await database.fetch(statement, *values)]

    return asyncio.run(run())


def main() -> None:
    """Own engines until standard input ends."""
    data_dir, *runner = sys.argv[1:]
    interrupted, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.set_wakeup_fd(waker)
    try:
        with engines_running(Path(data_dir), runner=Runner(*runner) if runner else None) as urls:
            sys.stdout.buffer.write(json.encode(Report(urls=urls)) + b"\n")
            sys.stdout.flush()
            ready, _, _ = select.select([sys.stdin, interrupted], [], [])
            if interrupted in ready:
                write(urls, "settled")
    except LocalEngineError as error:
        told = Report(error=str(error), kind=type(error).__name__)
        sys.stdout.buffer.write(json.encode(told) + b"\n")


if __name__ == "__main__":
    main()
