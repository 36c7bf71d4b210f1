"""The keeper: a small process between the server and its engines, which outlives the server.

The server may be killed at any moment and cannot clean up then; the keeper can. It starts the
engines, starts them again when one dies, and ends them when the server says so or is gone. It knows
by a pipe that only the server holds the other end of. Should the keeper be killed too, the kernel
tells the engines (see ``identity``), and the engines' lock, which all of them keep open, is free
only once the last has gone: so no two runs ever touch the same data.

Run as ``python -m server.local.keeper DATA_DIR``; says one JSON line when ready or when it cannot.
"""

from __future__ import annotations

import argparse
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, json

from server.local import binaries, identity, runtime
from server.local.datadir import Home, open_lock, try_lock, write_private
from server.local.engine import Engine, Surroundings
from server.local.errors import EngineFailed, LocalEngineError
from server.local.identity import Runner
from server.local.postgres import Postgres
from server.local.urls import Announcement, EngineUrls, urls_for
from server.local.valkey import Valkey

LEFTOVERS_S = 60.0
"""For engines of a run that was killed to end: they write their last pages first."""

START_S = 120.0
"""For an engine to answer. Long, because after a crash it reads its journal before."""

GENTLE_S = 30.0
ROUGH_S = 5.0
"""For an engine to end in good order, then for one told to end at once, before SIGKILL."""

TICK_S = 0.02
"""Between two looks at something that cannot wake us."""

WATCH_S = 1.0
"""Between two looks whether our parent is still our parent: a fork of it may hold the pipe open."""

DEATHS, DEATHS_WITHIN_S = 5, 60.0
"""An engine that dies more often than this is not saved by starting it again."""

REVIVAL_S = 0.2
"""Before a dead engine is started again, times the number of recent deaths."""


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one line on standard output: addresses, or the class and message of what went wrong."""

    urls: EngineUrls | None = None
    error: str = ""
    kind: str = ""


class Ending(Exception):
    """The server has gone, or wants us to end."""


class Keeper:
    """Runs engines from ``run`` to its end, whatever happens in between."""

    def __init__(self, home: Home, *, runner: Runner | None, fsync: bool) -> None:
        self.home = home
        self.runner = runner
        self.fsync = fsync
        self.engines: list[Engine] = []
        self._owner = os.getppid()
        self._told_to_end = False
        self._wakeup, waker = os.pipe()
        for end in (self._wakeup, waker):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._end)

    def run(self) -> None:
        """Start engines, watch them, end them.

        Raises:
            LocalEngineError: they could not be started, or kept dying.
        """
        lock = self._lock()
        try:
            self._start(lock)
            self._watch()
        except Ending:
            pass
        finally:
            self._finish()

    def _lock(self) -> int:
        lock = open_lock(self.home.engines_lock)
        self._until(
            lambda: try_lock(lock),
            LEFTOVERS_S,
            f"engines of an earlier run still end their work in {self.home.root}; try again",
        )
        return lock

    def _start(self, lock: int) -> None:
        installed = binaries.installed()
        chosen = identity.choose(installed.program("postgres"), self.home.postgres, self.runner)
        place = runtime.open_runtime(self.home, chosen, installed)
        around = Surroundings(home=self.home, identity=chosen, runtime=place, lock=lock)
        identity.give(self.home.valkey, chosen.uid)
        valkey = Valkey(around, secrets.token_urlsafe(24), fsync=self.fsync)
        postgres = Postgres(around, fsync=self.fsync)
        self.engines = [postgres, valkey]
        valkey.start()  # it gets ready while PostgreSQL is made
        postgres.prepare(self._complete)
        postgres.start()
        for engine in self.engines:
            self._await_ready(engine)
        postgres.create_database(self._complete)
        urls = urls_for(
            place.sockets, database_password=postgres.password, redis_password=valkey.password
        )
        announcement = Announcement(urls=urls, owner_pid=self._owner)
        write_private(self.home.announcement, json.encode(announcement))
        report(Report(urls=urls))

    def _watch(self) -> None:
        deaths: list[float] = []
        while True:
            self._pause(WATCH_S)
            for engine in self.engines:
                if engine.has_ended():
                    now = time.monotonic()
                    deaths = [at for at in deaths if now - at < DEATHS_WITHIN_S] + [now]
                    if len(deaths) > DEATHS:
                        raise EngineFailed(f"{engine.name} keeps dying: {engine.last_words()}")
                    say(f"{engine.name} died: {engine.last_words()}; starting it again")
                    # Each time later: PostgreSQL refuses while children of the dead one linger.
                    self._rest(REVIVAL_S * len(deaths))
                    engine.start()

    def _finish(self) -> None:
        """End all engines, gently as long as that works; then remove what only a run needs."""
        self.home.announcement.unlink(missing_ok=True)
        for engine in self.engines:
            engine.kill(engine.gentle)
        if not self._all_ended(GENTLE_S):
            for engine in self.engines:
                engine.kill(engine.rough)
        if not self._all_ended(ROUGH_S):
            for engine in self.engines:
                engine.kill(signal.SIGKILL)
        if not self._all_ended(ROUGH_S):
            say("an engine does not even end when killed; its disk may hang")
        runtime.sweep(self.home)

    def _all_ended(self, patience: float) -> bool:
        give_up = time.monotonic() + patience
        while any(engine.is_running() for engine in self.engines):
            if time.monotonic() > give_up:
                return False
            self._sleep(TICK_S)
        return True

    def _await_ready(self, engine: Engine) -> None:
        def ready() -> bool:
            if engine.has_ended():
                raise EngineFailed(f"{engine.name} did not start: {engine.last_words()}")
            return engine.is_ready()

        self._until(ready, START_S, f"{engine.name} did not answer within {START_S:.0f} s")

    def _complete(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for a program of ours; neither it nor what it started outlives the wait."""
        try:
            self._until(lambda: process.poll() is not None, START_S, "a program did not end")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return process.returncode

    def _until(self, condition: Callable[[], bool], patience: float, otherwise: str) -> None:
        give_up = time.monotonic() + patience
        while not condition():
            if time.monotonic() > give_up:
                raise EngineFailed(otherwise)
            self._pause(TICK_S)

    def _rest(self, seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while (left := give_up - time.monotonic()) > 0:
            self._pause(left)

    def _pause(self, seconds: float) -> None:
        """Wait a moment, less when a child ends; raise when it is time to end."""
        if self._told_to_end or os.getppid() != self._owner:
            raise Ending
        ready = self._sleep(seconds, sys.stdin.fileno())
        if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 1024):
            raise Ending

    def _sleep(self, seconds: float, *also: int) -> list[int]:
        ready, _, _ = select.select([self._wakeup, *also], [], [], seconds)
        if self._wakeup in ready:
            os.read(self._wakeup, 1024)
        return ready

    def _end(self, *_: object) -> None:
        self._told_to_end = True


def report(what: Report) -> None:
    """Tell the server; it may have gone."""
    try:
        os.write(sys.stdout.fileno(), json.encode(what) + b"\n")
    except BrokenPipeError:
        say("nobody listens any more")


def say(line: str) -> None:
    """A line for ``logs/keeper.log``."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(f"{at} {line}\n")
    sys.stderr.flush()


def main() -> int:
    """Keep engines for our parent process until it ends or closes our standard input."""
    parser = argparse.ArgumentParser(prog="python -m server.local.keeper", description=__doc__)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--runner", type=Runner, default=None)
    parser.add_argument("--no-fsync", action="store_true")
    given = parser.parse_args()
    os.umask(0o077)
    try:
        Keeper(Home(given.data_dir), runner=given.runner, fsync=not given.no_fsync).run()
    except LocalEngineError as error:
        say(f"{type(error).__name__}: {error}")
        report(Report(error=str(error), kind=type(error).__name__))
        return 1
    except OSError as error:  # a full disk, a folder taken away: the file's name and the reason
        say(f"{type(error).__name__}: {error}")
        report(Report(error=f"private engines cannot run: {error}", kind="EngineFailed"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
