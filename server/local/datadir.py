"""The private data folder: its layout, its locks, the secrets kept in it."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from pathlib import Path

from server.local.errors import AlreadyRunning, DataDirUnusable

OWNER_PATIENCE_S = 0.5
"""How long a taken owner's lock is asked for again: a look by ``find_engines`` holds it for
microseconds and must not be mistaken for an owner."""

SECRET_BYTES = 32
"""256 bits, the strength of the keys derived from it."""


class Home:
    """Names of everything inside one data folder. Making a ``Home`` touches nothing."""

    def __init__(self, data_dir: Path) -> None:
        # Engines change their working folder, so every path handed to them is absolute.
        self.root = Path(os.path.abspath(data_dir))
        self.postgres = self.root / "postgres"
        self.valkey = self.root / "valkey"
        self.logs = self.root / "logs"
        self.run = self.root / "run"
        self.announcement = self.root / "engines.json"
        self.runtime_record = self.root / "runtime.path"
        self.owner_lock = self.root / "owner.lock"
        self.engines_lock = self.root / "engines.lock"
        self.postgres_password = self.root / "postgres.password"
        self.secret_key = self.root / "secret_key"
        self.spool = self.root / "spool"
        self.media = self.root / "media"

    def prepare(self) -> None:
        """Make the folder, closed to others (0700), or check that it is ours.

        Raises:
            DataDirUnusable: it cannot be made or written, belongs to somebody else, or holds
                files that are not ours (closing such a folder might lock its owner's users out).
        """
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            if not self.root.is_dir():
                self.root.mkdir(mode=0o700, exist_ok=True)
            if self.root.stat().st_uid != os.geteuid():
                owner = self.root.stat().st_uid
                raise DataDirUnusable(f"DATA_DIR {self.root} belongs to user id {owner}, not to us")
            # One look, and below the lock's file before all others: of two that start at the same
            # moment neither takes what the other has just made for a stranger's.
            found = os.listdir(self.root)
            ours = {
                path.name for path in (self.owner_lock, self.secret_key, self.spool, self.media)
            }
            if found and not ours & set(found):
                raise DataDirUnusable(
                    f"DATA_DIR {self.root} holds files of others ({min(found)}); "
                    "name an empty folder"
                )
            self.root.chmod(0o700)
            self.owner_lock.touch(mode=0o600)
            for folder in (self.logs, self.valkey):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DataDirUnusable(
                f"DATA_DIR {self.root} cannot be used: {error.strerror or error}"
            ) from error

    def own(self) -> int:
        """Become the one owner of this folder; the descriptor returned is the ownership.

        It is the kernel's to take back: whatever ends the process frees the folder.

        Raises:
            AlreadyRunning: another process owns it.
        """
        give_up = time.monotonic() + OWNER_PATIENCE_S
        lock = open_lock(self.owner_lock)
        while not try_lock(lock):
            if time.monotonic() > give_up:
                os.close(lock)
                raise AlreadyRunning(self.root, self.owner_pid())
            time.sleep(0.01)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return lock

    def owner_pid(self) -> int | None:
        """Process id of the owner, or of the last one; None before the first."""
        try:
            told = self.owner_lock.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return int(told) if told.isdigit() else None

    def is_owned(self) -> bool:
        """Whether a live process owns this folder."""
        try:
            lock = os.open(self.owner_lock, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False


def open_lock(path: Path) -> int:
    """A descriptor to lock, on a file that stays.

    Raises:
        DataDirUnusable: the file cannot be made.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirUnusable(f"{path} cannot be opened: {error.strerror}") from error


def try_lock(descriptor: int) -> bool:
    """Take an exclusive lock if nobody has it. It lasts until every copy of it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise DataDirUnusable(
            f"the file system of DATA_DIR has no locks: {error.strerror}"
        ) from error
    return True


def write_private(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content``, readable by us alone, whole or not at all, on disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read_or_make_secret(path: Path) -> str:
    """The secret kept in ``path``; made, 256 random bits in URL-safe letters, when there is none.

    Two processes that make it at the same moment end up with the same one: the first link wins.

    Raises:
        DataDirUnusable: it can be neither read nor written, or is empty.
    """
    try:
        if not path.exists():
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            write_private(draft, secrets.token_urlsafe(SECRET_BYTES).encode())
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links: the last writer wins there
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        kept = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataDirUnusable(f"{path} cannot be read or made: {error}") from error
    if not kept:
        raise DataDirUnusable(f"{path} is empty; restore it from a backup")
    return kept


def secret_key(data_dir: Path) -> str:
    """The ``SECRET_KEY`` of a server on private engines: made once, kept beside their data.

    Raises:
        DataDirUnusable: the folder or the file cannot be used.
    """
    home = Home(data_dir)
    home.prepare()
    return read_or_make_secret(home.secret_key)
