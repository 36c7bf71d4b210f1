"""Real PostgreSQL and Valkey for the suite: private ones of each worker, or those named.

``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` name servers to use instead; the user of the first must
be allowed to create databases. Of the second, workers take the keyspaces from the one it names on.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import make_url

from server.local.engines import EngineUrls, engines_running

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
"""Who we are when several workers share the run: ``gw0``, ``gw1``…"""

KEYSPACES = 4
"""Keyspaces for each worker. A server has 16, so four workers can share one."""


@contextmanager
def engines_for_tests(*, fsync: bool = False) -> Iterator[EngineUrls]:
    """Engines for one run of pytest, gone with everything in them when it ends.

    For a session-scoped fixture: needs no event loop. ``fsync`` off loses data only when the
    machine itself stops, not when a process is killed.
    """
    database, redis = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    if database and redis:
        first = KEYSPACES * int(WORKER.removeprefix("gw") or 0)
        named = EngineUrls(database_url=database, redis_url=redis)
        yield EngineUrls(database_url=database, redis_url=redis_url(named, first))
        return
    if database or redis:
        raise RuntimeError("set both TEST_DATABASE_URL and TEST_REDIS_URL, or neither")
    folder = Path(tempfile.mkdtemp(prefix="causerie-tests-"))
    try:
        with engines_running(folder / "data", fsync=fsync) as urls:
            yield urls
    finally:
        shutil.rmtree(folder)


def database_name(purpose: str) -> str:
    """What the suite calls a database of its own: no other worker's has that name."""
    return "_".join(filter(None, ("causerie", purpose, WORKER)))


def database_url(urls: EngineUrls, name: str) -> str:
    """The address of database ``name`` on the same server."""
    return make_url(urls.database_url).set(database=name).render_as_string(hide_password=False)


def redis_url(urls: EngineUrls, number: int) -> str:
    """The address of the keyspace ``number`` places on, on the same server.

    Servers that run at the same time on databases of their own need one each: billing workers that
    shared a stream would take each other's events.
    """
    parts = urlsplit(urls.redis_url)
    if parts.scheme == "unix":
        named = parse_qs(parts.query).get("db", ["0"])[0]
        return urlunsplit(parts._replace(query=f"db={int(named) + number}"))
    named = parts.path.strip("/") or "0"
    return urlunsplit(parts._replace(path=f"/{int(named) + number}"))


async def create_database(urls: EngineUrls, name: str, template: str | None = None) -> str:
    """Make an empty database, or a copy of ``template``, and return its SQLAlchemy address.

    Nobody may be connected to ``template`` meanwhile. A copy is made file by file: some 30 ms for
    the migrated schema, against migrating it again.
    """
    async with connection(urls.database_url) as admin:
        await admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}" STRATEGY FILE_COPY'
        )
    return database_url(urls, name)


async def drop_database(urls: EngineUrls, name: str) -> None:
    """Remove a database and whoever is still connected to it. One that is not there is fine."""
    async with connection(urls.database_url) as admin:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def connection(sqlalchemy_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A plain asyncpg connection to a database given by SQLAlchemy's address."""
    url = make_url(sqlalchemy_url)
    host, port = url.query.get("host", url.host), url.query.get("port", url.port)
    opened = await asyncpg.connect(
        user=url.username,
        password=url.password,
        database=url.database,
        host=host if isinstance(host, str) else None,
        port=int(port) if isinstance(port, str | int) else None,
    )
    try:
        yield opened
    finally:
        await opened.close()
