"""Under which id the engines run: PostgreSQL refuses root, and neither engine needs it.

As root there are two ways. A user namespace of one id: inside it the engine is nobody in
particular and has lost every capability, outside its files stay root's, and folders closed to
others stay usable. Where namespaces are forbidden: a user id that no account has, which must then
be given copies of the binaries, for it cannot enter folders that are closed to it.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from server.local.errors import EngineFailed

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
"""Numbers of the Linux ABI: linux/sched.h and linux/prctl.h."""

HERE = "/proc/self/cwd"
"""The working folder by a name that needs no way to it: an id that may not enter the folders above
its data can still be put inside."""

UNUSED_IDS = range(60578, 61184)
"""User ids that systemd's registry (UIDS-GIDS) leaves to nobody, below the 65536 that containers
usually map. An id without account has no processes that could touch ours, unlike ``nobody``."""

PROBE_DEADLINE_S = 10.0
"""For printing a version number; generous, since a cold disk has to read the binary first."""

_libc = ctypes.CDLL(None, use_errno=True)


class Runner(StrEnum):
    """How engines come to their id."""

    SELF = "self"
    NAMESPACE = "namespace"
    COPY = "copy"


class Identity(Struct, frozen=True, kw_only=True):
    """An id to run engines under. ``uid`` owns their files, as seen from outside."""

    runner: Runner
    uid: int

    def enter(self, death_signal: signal.Signals) -> Callable[[], None]:
        """What a child does between fork and exec: change its id, ask to die with its parent.

        In this order: the kernel forgets the death signal whenever credentials change. Only for
        a parent with a single thread, for the kernel means the *thread* that forked.
        """
        parent = os.getpid()

        def change() -> None:
            os.umask(0o077)
            match self.runner:
                case Runner.SELF:
                    pass
                case Runner.NAMESPACE:
                    enter_namespace(account().pw_uid)
                case Runner.COPY:
                    os.setgroups([])
                    os.setgid(self.uid)
                    os.setuid(self.uid)
            if sys.platform == "linux":
                _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
                _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
                if os.getppid() != parent:  # it died before we asked
                    os._exit(1)

        return change

    def for_initdb(self) -> Identity:
        """The id for ``initdb``, which wants an account by that number; postgres does not."""
        if self.runner is Runner.COPY:
            return Identity(runner=self.runner, uid=account().pw_uid)
        return self


def choose(probe: Path, data: Path, forced: Runner | None) -> Identity:
    """The best id for engines of ``data``; ``probe`` is an executable that knows ``--version``.

    Raises:
        EngineFailed: we are root and nothing of what that takes is there.
    """
    runner = forced or _best(probe, data.parent)
    if runner is Runner.COPY and not Path(HERE).exists():
        raise EngineFailed("PostgreSQL refuses to run as root; start as an ordinary user")
    return Identity(runner=runner, uid=unused_id(data) if runner is Runner.COPY else os.geteuid())


def account() -> pwd.struct_passwd:
    """An account that is not root's, ``nobody`` where there is one."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return next(entry for entry in pwd.getpwall() if entry.pw_uid != 0)


def unused_id(data: Path) -> int:
    """A user id without account for the files in ``data``: theirs already, or a fresh one.

    Derived from the path, so that two data folders of one machine rarely share theirs.
    """
    if data.exists() and data.stat().st_uid in UNUSED_IDS:
        return data.stat().st_uid
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    start = zlib.crc32(os.fsencode(data))
    size = len(UNUSED_IDS)
    return next(
        uid for step in range(size) if (uid := UNUSED_IDS[(start + step) % size]) not in taken
    )


def enter_namespace(inner_uid: int) -> None:
    """Move this process into a user namespace where our one id is called ``inner_uid``.

    Raises:
        OSError: the kernel, or whoever confined us, does not allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    # The kernel takes a group map from us only once this process can no longer drop groups.
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner_uid} {uid} 1"),
        ("gid_map", f"{inner_uid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def can_run(identity: Identity, command: Sequence[str | Path], *, inside: Path) -> bool:
    """Whether this id can run ``command`` and walk to the folder ``inside``; asked by trying.

    Root without its capabilities is stopped by folders that another user has closed.
    """
    change = identity.enter(signal.SIGKILL)

    def enter() -> None:
        change()
        os.chdir(inside)

    try:
        done = subprocess.run(  # noqa: S603  # our own program, no shell
            command,
            preexec_fn=enter,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_DEADLINE_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def give(path: Path, uid: int) -> None:
    """Make ``uid`` the owner of what lies at ``path``, that itself last: a half-done gift shows."""
    if path.stat().st_uid == uid:
        return
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                os.chown(Path(folder, name), uid, uid, follow_symlinks=False)
    os.chown(path, uid, uid)


def _best(probe: Path, inside: Path) -> Runner:
    if os.geteuid() != 0 and _has_account(os.geteuid()):
        return Runner.SELF
    # Also without root: initdb refuses an id that has no account, as some clusters assign them.
    namespaced = Identity(runner=Runner.NAMESPACE, uid=os.geteuid())
    if sys.platform == "linux" and can_run(namespaced, [probe, "--version"], inside=inside):
        return Runner.NAMESPACE
    return Runner.COPY if os.geteuid() == 0 else Runner.SELF


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
