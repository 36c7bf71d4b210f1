"""``serve``: private engines where none are named, the web process, the billing process."""

import asyncio
import gc
import logging
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import anyio
import click
import uvloop

from server import failpoints
from server.app import Application
from server.cli import web
from server.cli.child import Child
from server.cli.context import (
    environ,
    publish_origin,
    settings_of_environment,
    with_secret,
)
from server.cli.demo import Link, create_demo, sign_in_links
from server.cli.interrupts import Interrupts
from server.domain.clock import utc_now
from server.environment import LOOPBACK
from server.local.engines import local_engines
from server.local.errors import AlreadyRunning
from server.local.urls import find_engines
from server.migrations.upgrade import is_current, upgrade
from server.persistence.database import open_database
from server.settings import Settings, with_engines, with_port
from server.telemetry import logs

log = logging.getLogger(__name__)

BILLING: tuple[str, ...] = (sys.executable, "-m", "billing")


@click.command()
@click.option("--web-only", is_flag=True, help="Only the web process: no migration, no billing.")
def serve(*, web_only: bool) -> None:
    """Serve the product until SIGTERM or Ctrl-C.

    Without DATABASE_URL and REDIS_URL it starts private engines that keep their data in DATA_DIR.
    It applies migrations and runs the billing process beside the web process; --web-only leaves
    both to others, as the Procfile does. The first signal lets running turns finish for
    DRAIN_SECONDS, a second one ends at once.
    """
    settings = settings_of_environment()
    failpoints.arm(settings.failpoints or {})
    logs.configure(level=settings.log_level, style=settings.log_format, secrets=settings.secrets())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(run(settings, web_only=web_only))
        except BaseExceptionGroup as group:
            raise _single(group) from group


def _single(error: BaseException) -> BaseException:
    """What really happened, when task groups have wrapped it: the first of what they hold."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return click.ClickException(str(error)) if isinstance(error, web.StartFailed) else error


async def run(settings: Settings, *, web_only: bool) -> None:
    """All that ``serve`` does. Whatever it opened is closed, in reverse, however it ends."""
    began = time.monotonic()
    interrupts, ready = Interrupts(), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(interrupts.watch)
        tasks.start_soon(_give_up_starting, interrupts, ready, tasks.cancel_scope.cancel)
        async with AsyncExitStack() as stack:
            listener = stack.enter_context(_bind(settings))
            settings = with_port(settings, listener.getsockname()[1])
            settings = await _with_engines(settings, stack)
            _log_by(settings)
            _warn_of_origin(settings)
            if web_only and not settings.owns_engines:
                await _check_migrated(settings)
            else:
                await upgrade(settings.engines.database)
            links = await _open_the_door(settings) if settings.owns_engines else []
            application = Application(settings)
            server = web.WebServer(application, settings, on_ready=ready.set)
            async with anyio.create_task_group() as running:
                if not web_only:
                    running.start_soon(_billing(settings).keep)
                running.start_soon(_announce, ready, settings, began, links)
                running.start_soon(_farewell, interrupts, settings)
                await web.serve_until_asked(server, listener, interrupts, application.drain)
                running.cancel_scope.cancel()
        tasks.cancel_scope.cancel()


def _bind(settings: Settings) -> socket.socket:
    try:
        return web.bind(settings.host, settings.port)
    except web.StartFailed:
        # Whoever starts twice by mistake meets the taken port first; the data says it better.
        if settings.starts_engines and find_engines(Path(settings.data_dir)) is not None:
            raise AlreadyRunning(settings.data_dir, None) from None
        raise


async def _with_engines(settings: Settings, stack: AsyncExitStack) -> Settings:
    settings_with_secret = with_secret(settings)
    if not settings.starts_engines:
        return settings_with_secret
    urls = await stack.enter_async_context(local_engines(Path(settings.data_dir)))
    return with_engines(
        settings_with_secret,
        database_url=urls.database_url,
        redis_url=urls.redis_url,
        owned=True,
    )


async def _check_migrated(settings: Settings) -> None:
    async with (
        open_database(settings.engines.database, pool_size=1) as database,
        database.snapshot() as tx,
    ):
        if not await is_current(tx):
            raise web.StartFailed(
                "the database lacks migrations; apply them first: python -m server migrate"
            )


def _warn_of_origin(settings: Settings) -> None:
    if settings.public_url is None and settings.host not in LOOPBACK:
        log.warning(
            "PUBLIC_URL is not set: pages opened at another address than %s are refused",
            settings.origin,
        )


def _log_by(settings: Settings) -> None:
    logs.configure(level=settings.log_level, style=settings.log_format, secrets=settings.secrets())


async def _give_up_starting(
    interrupts: Interrupts, ready: anyio.Event, cancel: Callable[[], None]
) -> None:
    await interrupts.asked.wait()
    if not ready.is_set():
        cancel()


def _billing(settings: Settings) -> Child:
    addresses = {
        "DATABASE_URL": settings.engines.database,
        "REDIS_URL": settings.engines.redis,
    }
    command = BILLING
    if settings.owns_engines:
        # The only worker there is: what one before it had read need not wait to be claimed.
        command = (*BILLING, "--consumer", "local")
    return Child("billing", command, {**environ(), **addresses})


async def _open_the_door(settings: Settings) -> list[Link]:
    publish_origin(settings)
    async with open_database(settings.engines.database, pool_size=1) as database:
        await create_demo(database, settings, utc_now)
        return await sign_in_links(database, settings.origin, utc_now)


async def _announce(
    ready: anyio.Event, settings: Settings, began: float, links: Sequence[Link]
) -> None:
    await ready.wait()
    # Standard output, never the log: what is printed here lets its reader in.
    for email, url in links:
        _say(f"sign in as {email}: {url}")
    _say(f"ready at {settings.origin} after {time.monotonic() - began:.1f} s")
    # What start-up made stays for good: later collections need not look at it again.
    gc.collect()
    gc.freeze()


async def _farewell(interrupts: Interrupts, settings: Settings) -> None:
    await interrupts.asked.wait()
    _say(
        f"stopping: running turns get {settings.drain_seconds:g} s to finish; "
        "once more (Ctrl-C) to stop now"
    )


def _say(line: str) -> None:
    # Whoever read the first lines and closed the pipe has not asked the server to end.
    with suppress(BrokenPipeError):
        click.echo(line)
