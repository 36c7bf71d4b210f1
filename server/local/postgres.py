"""Private PostgreSQL: made once by ``initdb``, password over a unix socket, no TCP."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil

from server.local.binaries import installed, postgres_major
from server.local.datadir import read_or_make_secret
from server.local.engine import Engine, Surroundings, reason
from server.local.errors import DataDirUnusable, EngineFailed, WrongVersion
from server.local.identity import HERE, Identity, Runner, give
from server.local.urls import DATABASE, POSTGRES_PORT

SETTINGS = {
    "listen_addresses": "",
    "port": str(POSTGRES_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Neither statements nor rows in the log: they carry what people wrote.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

Run = Callable[[subprocess.Popen[bytes]], int]
"""Waits for a program under a deadline and returns its exit status."""


class Postgres(Engine):
    """PostgreSQL over ``DATA_DIR/postgres``. ``fsync=False``: for data that a test throws away."""

    name = "postgres"
    gentle = signal.SIGINT
    rough = signal.SIGQUIT

    def __init__(self, around: Surroundings, *, fsync: bool) -> None:
        super().__init__(around)
        self.fsync = fsync
        self.data = around.home.postgres
        self.password = read_or_make_secret(around.home.postgres_password)

    def prepare(self, run: Run) -> None:
        """Make the data folder if there is none, and see that this run's id may use it.

        ``initdb`` works in a folder of another name, renamed when it is whole: a kill in the
        middle leaves nothing that looks like data.

        Raises:
            WrongVersion: the data is another major version's.
            DataDirUnusable: the data is another user's, or no data at all.
            EngineFailed: ``initdb`` failed.
        """
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        if self.data.exists():
            self._check()
        else:
            draft.mkdir(mode=0o700)
            self._initdb(draft, run)
            give(draft, self.around.identity.uid)
            draft.rename(self.data)
        self._forget_stale_pid()

    def launch(self) -> subprocess.Popen[bytes]:
        settings = dict(SETTINGS)
        folder = str(self.around.runtime.sockets).replace('"', '""')
        settings["unix_socket_directories"] = f'"{folder}"'
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return self.around.spawn(
            [
                self.around.runtime.programs.program("postgres"),
                "-D",
                self._here(self.data),
                *arguments,
            ],
            folder=self.data,
            log=self.log,
            dies_by=self.gentle,
        )

    def is_ready(self) -> bool:
        # The last line of the pid file, as pg_ctl reads it.
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8").splitlines()
        except OSError:
            return False
        ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def create_database(self, run: Run) -> None:
        """Create the database on the first run, find it there on later ones."""
        log = self.around.home.logs / "createdb.log"
        log.unlink(missing_ok=True)
        script = (
            f"SELECT 'CREATE DATABASE {DATABASE}' "  # noqa: S608  # a constant of ours
            f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
        )
        sockets = str(self.around.runtime.sockets)
        options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", sockets, "-U", DATABASE]
        process = self.around.spawn(
            [installed().program("psql"), *options, "-d", "postgres"],
            folder=self.around.home.root,
            log=log,
            dies_by=signal.SIGKILL,
            stdin=script.encode(),
            environment={"PGPASSWORD": self.password},
            # A client may be root, and the installed program may be out of the engine's reach.
            identity=Identity(runner=Runner.SELF, uid=os.geteuid()),
        )
        if run(process) != 0:
            raise EngineFailed(f"the database could not be created: {reason(log)}")

    def _initdb(self, folder: Path, run: Run) -> None:
        identity = self.around.identity.for_initdb()
        log = self.around.home.logs / "initdb.log"
        log.unlink(missing_ok=True)
        password = self.around.runtime.folder / "password"
        password.unlink(missing_ok=True)
        try:
            descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(self.password)
            give(password, identity.uid)
            give(folder, identity.uid)
            command: list[str | Path] = [
                self.around.runtime.programs.program("initdb"),
                "--pgdata", self._here(folder),
                "--username", DATABASE,
                "--auth", "scram-sha-256",
                "--pwfile", password,
                "--encoding", "UTF8",
                # The server's own collation: the same order on every machine and C library.
                "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            ]  # fmt: skip
            if not self.fsync:
                command.append("--no-sync")
            process = self.around.spawn(
                command, folder=folder, log=log, dies_by=signal.SIGKILL, identity=identity
            )
            if run(process) != 0:
                raise EngineFailed(f"PostgreSQL's data could not be made: {reason(log)}")
        finally:
            password.unlink(missing_ok=True)

    def _check(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text("ascii").strip()
        except OSError as error:
            raise DataDirUnusable(f"{self.data} holds no PostgreSQL data: {error}") from error
        if found != str(postgres_major()):
            raise WrongVersion(
                f"{self.data} was written by PostgreSQL {found}, installed is {postgres_major()}; "
                "dump with the old version and restore with this one"
            )
        owner = self.data.stat().st_uid
        if owner != self.around.identity.uid:
            if os.geteuid() != 0:
                raise DataDirUnusable(f"{self.data} belongs to user id {owner}, not to us")
            give(self.data, self.around.identity.uid)

    def _forget_stale_pid(self) -> None:
        # Whoever holds the engines' lock knows that none of them is alive. PostgreSQL does not: it
        # would refuse while that number is in use by anybody, or by a dead one that nobody reaped,
        # as in a container whose first process reaps none. Who works here may judge.
        pid_file = self.data / "postmaster.pid"
        try:
            process = psutil.Process(int(pid_file.read_text("utf-8").splitlines()[0]))
            here = Path(process.cwd()) == self.data.resolve()
        except FileNotFoundError:
            return
        except (ValueError, IndexError, psutil.Error):  # no number, nobody, a dead one, a stranger
            here = False
        if not here:
            pid_file.unlink()

    def _here(self, folder: Path) -> str:
        return HERE if self.around.identity.runner is Runner.COPY else str(folder)
