"""Where running engines are reached, and how another process of the same user finds out."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from msgspec import DecodeError, Struct, json

from server.local.datadir import Home

DATABASE = "causerie"
"""Name of the database and of its owner inside the private PostgreSQL."""

POSTGRES_PORT = 5432
"""Part of the socket's file name only (``.s.PGSQL.5432``): nothing listens on TCP."""


class EngineUrls(Struct, frozen=True, kw_only=True):
    """The two addresses everything else is built from, passwords included: keep them out of logs.

    ``database_url`` is SQLAlchemy's (``postgresql+asyncpg://…``), ``redis_url`` is redis-py's
    (``unix://…``). Private engines and those named by the environment look the same from here on.
    """

    database_url: str
    redis_url: str


class Announcement(Struct, frozen=True, kw_only=True):
    """What ``engines.json`` holds while engines run."""

    urls: EngineUrls
    owner_pid: int


def urls_for(sockets: Path, *, database_password: str, redis_password: str) -> EngineUrls:
    """Addresses of the engines whose sockets lie in ``sockets``."""
    folder = quote(str(sockets), safe="/")
    return EngineUrls(
        database_url=(
            f"postgresql+asyncpg://{DATABASE}:{quote(database_password, safe='')}@/{DATABASE}"
            f"?host={folder}&port={POSTGRES_PORT}"
        ),
        redis_url=f"unix://:{quote(redis_password, safe='')}@{folder}/valkey.sock?db=0",
    )


def find_engines(data_dir: Path) -> EngineUrls | None:
    """Addresses of the engines that another process runs on ``data_dir``, None when none does.

    A file may outlive its writer, a lock cannot: the file counts only while the owner it names
    holds the lock, so neither a crash nor a reboot nor a reused process id can mislead us.
    """
    home = Home(data_dir)
    if not home.is_owned():
        return None
    try:
        found = json.decode(home.announcement.read_bytes(), type=Announcement)
    except (OSError, DecodeError):
        return None
    return found.urls if found.owner_pid == home.owner_pid() else None
