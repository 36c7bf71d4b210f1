"""A short-lived folder for sockets and, when needed, copies of binaries; swept after a crash."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from server.local import binaries
from server.local.binaries import Binaries
from server.local.datadir import Home, write_private
from server.local.errors import EngineFailed
from server.local.identity import Identity, Runner, can_run
from server.local.urls import POSTGRES_PORT

PREFIX = "causerie-"

LONGEST_NAME = f".s.PGSQL.{POSTGRES_PORT}.lock"
"""Longest file name that an engine makes beside its socket. A socket's path may have 107 bytes."""


PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")
"""Paths that mean themselves to every client: a comma, for one, makes two hosts to libpq."""


class Runtime(Struct, frozen=True, kw_only=True):
    """What a run of engines needs beside their data: gone when they are."""

    folder: Path
    sockets: Path
    programs: Binaries


def open_runtime(home: Home, identity: Identity, source: Binaries) -> Runtime:
    """Make the folders of a run. Sweep what an earlier one left, first.

    Raises:
        EngineFailed: no folder of this machine is fit.
    """
    sweep(home)
    if identity.runner is Runner.COPY:
        return _with_copies(home, identity, source)
    home.run.mkdir(mode=0o700, exist_ok=True)
    if can_bind(home.run):
        return Runtime(folder=home.run, sockets=home.run, programs=source)
    for base in _bases():
        folder = _claim(home, base)
        if folder is not None and can_bind(folder):
            return Runtime(folder=folder, sockets=folder, programs=source)
        sweep(home)
    raise EngineFailed("no folder for sockets: every candidate is too deep or not writable")


def sweep(home: Home) -> None:
    """Remove the folders of an earlier run. Only while holding the engines' lock."""
    shutil.rmtree(home.run, ignore_errors=True)
    try:
        folder = Path(home.runtime_record.read_text("utf-8"))
        found = folder.lstat()
    except (OSError, ValueError):
        pass
    else:
        # After a reboot somebody else may have made a folder by that name: his stays.
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        if ours and folder.name.startswith(PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
    home.runtime_record.unlink(missing_ok=True)


def can_bind(folder: Path) -> bool:
    """Whether sockets can live there: a short, plain path, and a file system that has them."""
    if not PLAIN.fullmatch(str(folder)):
        return False
    path = folder / LONGEST_NAME
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(str(path))
        except OSError:
            return False
    path.unlink()
    return True


def _with_copies(home: Home, identity: Identity, source: Binaries) -> Runtime:
    for base in _bases():
        folder = _claim(home, base)
        if folder is not None:
            folder.chmod(0o711)  # made by us, root's: entered by the engines' id, written by none
            sockets = folder / "s"
            sockets.mkdir(mode=0o700)
            os.chown(sockets, identity.uid, identity.uid)
            # A cheap question before 30 MB are copied: private temporary folders are common.
            if can_bind(sockets) and can_run(identity, ["/bin/sh", "-c", ":"], inside=folder):
                programs = binaries.copy_to(folder / "programs", source)
                version: list[str | Path] = [programs.program("postgres"), "--version"]
                if can_run(identity, version, inside=sockets):
                    return Runtime(folder=folder, sockets=sockets, programs=programs)
        sweep(home)
    raise EngineFailed(
        "PostgreSQL refuses to run as root, user namespaces are forbidden here, and no temporary "
        "folder lets another id run programs; start as an ordinary user or set DATABASE_URL"
    )


def _claim(home: Home, base: Path) -> Path | None:
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    except OSError:
        return None
    # Known on disk before it is used, so that a kill at any later moment leaves nothing unswept.
    write_private(home.runtime_record, str(folder).encode())
    return folder


def _bases() -> Iterator[Path]:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        yield Path(runtime)
    # Short and everywhere; what we make in them is private and has a name nobody can guess.
    common = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108
    yield from map(Path, dict.fromkeys((tempfile.gettempdir(), *common)))
