"""Ends of turns on this machine's disk, while the database that should have them is away.

A process that may have to go before the database is back leaves what it knows here; whoever starts
next, or runs beside it, writes it. A file is its owner's for as long as that holds the lock.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import MsgspecError, Struct, json

from server.domain.errors import AppError, kind_of
from server.domain.ids import BootId
from server.telemetry.logs import fields
from server.turns.settlement import Ending

log = logging.getLogger(__name__)

KEPT, UNREAD = ".jsonl", ".unread"


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An ending that waits, or the turn whose ending waits no more."""

    ending: Ending | None = None
    struck: UUID | None = None


class Left(Struct, frozen=True):
    """What a file holds: endings that wait, in their order, and lines that nobody can read."""

    endings: list[Ending]
    unread: list[bytes]


def _as_builtins(value: Any) -> Any:
    if isinstance(value, AppError):
        return {"code": value.code, "message": value.message}
    raise NotImplementedError(type(value))


def _from_builtins(kind: type, value: Any) -> Any:
    if kind is AppError:
        return kind_of(value["code"])(value["message"])
    raise NotImplementedError(kind)


_encode = json.Encoder(enc_hook=_as_builtins).encode
_decode = json.Decoder(Line, dec_hook=_from_builtins).decode


class SpoolFile:
    """One file, locked for as long as it is open. Every call blocks for as long as a disk does."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._end = os.fstat(descriptor).st_size

    @classmethod
    def create(cls, path: Path) -> "SpoolFile":
        """A file of our own. It appears under its name when it is locked, so that nobody takes it
        for an abandoned one in between.

        Raises:
            OSError: the folder or the disk does not let us.
        """
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.replace(path)
            _sync_folder(path.parent)
        except OSError:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    @classmethod
    def take(cls, path: Path) -> "SpoolFile | None":
        """The file of a process that is no more; None: its owner lives, somebody else has taken
        it, or it is gone.

        Raises:
            OSError: it cannot be opened.
        """
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:
            os.close(descriptor)
            raise
        if os.fstat(descriptor).st_nlink == 0:  # removed between the two
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    def append(self, line: bytes, *, durable: bool) -> None:
        """Raises OSError, and then the file holds what it held before."""
        data = line + b"\n"
        # Also what an earlier attempt has left half written.
        os.ftruncate(self._descriptor, self._end)
        written = 0
        while written < len(data):
            written += os.pwrite(self._descriptor, data[written:], self._end + written)
        if durable:
            os.fsync(self._descriptor)
        self._end += len(data)

    def clear(self) -> None:
        os.ftruncate(self._descriptor, 0)
        self._end = 0

    def read(self) -> Left:
        waiting, unread = dict[UUID, Ending](), list[bytes]()
        data = b"".join(iter(lambda: os.read(self._descriptor, 1 << 20), b""))
        for raw in data.splitlines():
            try:
                line = _decode(raw)
            except (MsgspecError, ValueError, KeyError, TypeError):
                unread.append(raw)
                continue
            if line.ending is not None:
                waiting[line.ending.turn.id] = line.ending
            elif line.struck is not None:
                waiting.pop(line.struck, None)
        return Left(list(waiting.values()), unread)

    def set_aside(self, lines: list[bytes]) -> Path:
        """Keep lines that cannot be read in a file that nobody replays; answers where."""
        path = self.path.with_suffix(UNREAD)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"\n".join(lines) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return path

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give it up: whoever looks next may take it."""
        os.close(self._descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Spool:
    """What this process keeps. A disk that refuses breaks nothing: the turn's end waits in memory.

    Every call may block for as long as a disk does, and may come from any thread. ``database``
    names where the turns are: servers of several databases may share a folder.
    """

    def __init__(self, folder: Path, boot: BootId, database: str) -> None:
        self._folder = folder
        self._kind = f"{database}.*{KEPT}"
        self._path = folder / f"{database}.{boot}{KEPT}"
        self._file: SpoolFile | None = None
        self._waiting = set[UUID]()
        self._one_at_a_time = threading.Lock()
        self._is_failing = False

    @property
    def waiting(self) -> int:
        """Ends of this process that only the disk knows."""
        return len(self._waiting)

    def keep(self, ending: Ending) -> bool:
        """Write it down, on disk when this returns; once, however often it is asked. False: the
        disk refuses."""
        with self._one_at_a_time:
            if ending.turn.id in self._waiting:
                return True
            try:
                line = _encode(Line(ending=ending))
            except (ValueError, OverflowError):  # of a provider: a figure that no JSON has
                log.exception("turn.unspoolable", extra=fields(turn=str(ending.turn.id)))
                return False
            try:
                self._file = self._file or SpoolFile.create(self._path)
                self._file.append(line, durable=True)
            except OSError as error:
                self._failed(error)
                return False
            self._is_failing = False
            self._waiting.add(ending.turn.id)
            log.warning("turn.spooled", extra=fields(turn=str(ending.turn.id)))
            return True

    def _failed(self, error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            log.error("spool.unwritable", extra=fields(error=repr(error), path=str(self._path)))

    def strike(self, turn: UUID) -> None:
        """The database has it. A line that cannot be struck out is replayed, and changes nothing:
        whoever replays finds the turn ended."""
        with self._one_at_a_time:
            if self._file is None or turn not in self._waiting:
                return
            self._waiting.discard(turn)
            try:
                if self._waiting:
                    self._file.append(_encode(Line(struck=turn)), durable=False)
                else:
                    self._file.clear()
            except OSError as error:
                self._failed(error)

    def close(self) -> None:
        """What waits is left to others."""
        with self._one_at_a_time:
            if self._file is None:
                return
            if not self._waiting:
                self._file.remove()
            self._file.close()
            self._file = None

    def abandoned(self) -> Iterator[SpoolFile]:
        """Take the files of processes that are no more, one after the other; whoever iterates
        closes each. A file that cannot be opened does not hide the others."""
        try:
            found = sorted(self._folder.glob(self._kind))
        except OSError as error:
            self._failed(error)
            return
        for path in found:
            if path == self._path:
                continue
            try:
                taken = SpoolFile.take(path)
            except OSError as error:
                log.error("spool.unreadable", extra=fields(error=repr(error), path=str(path)))
                continue
            if taken is not None:
                yield taken
