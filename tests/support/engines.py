"""Real PostgreSQL and Valkey for the suite: private ones started once a run, or those named.

``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` name servers to use instead; the user of the first must
be allowed to create databases.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from sqlalchemy import make_url

from server.local.engines import EngineUrls, engines_running


@contextmanager
def engines_for_tests(*, fsync: bool = False) -> Iterator[EngineUrls]:
    """Engines for one run of pytest, gone with everything in them when it ends.

    For a session-scoped fixture: needs no event loop. ``fsync`` off loses data only when the
    machine itself stops, not when a process is killed.
    """
    database, redis = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    if database and redis:
        yield EngineUrls(database_url=database, redis_url=redis)
        return
    if database or redis:
        raise RuntimeError("set both TEST_DATABASE_URL and TEST_REDIS_URL, or neither")
    folder = Path(tempfile.mkdtemp(prefix="causerie-tests-"))
    try:
        with engines_running(folder / "data", fsync=fsync) as urls:
            yield urls
    finally:
        shutil.rmtree(folder)


def database_url(urls: EngineUrls, name: str) -> str:
    """The address of database ``name`` on the same server."""
    return make_url(urls.database_url).set(database=name).render_as_string(hide_password=False)


def redis_url(urls: EngineUrls, number: int) -> str:
    """The address of keyspace ``number`` on the same server.

    Servers that run at the same time on databases of their own need one each: billing workers that
    shared a stream would take each other's events.
    """
    parts = urlsplit(urls.redis_url)
    if parts.scheme == "unix":
        return urlunsplit(parts._replace(query=f"db={number}"))
    return urlunsplit(parts._replace(path=f"/{number}"))


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
