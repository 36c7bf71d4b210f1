"""The ASGI application of the web process: HTTP to the routes, upgrades to the sessions.

What it serves with is opened when the server starts it, and closed when the server ends it.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import structs
from starlette.applications import Starlette
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from server.domain.errors import NotFound, ServiceUnavailable
from server.process import Process, open_process
from server.protocol.codec import Bounds
from server.protocol.gate import MachineLimits
from server.protocol.headers import security_headers
from server.routes.catalogue import OPERATIONS
from server.routes.cors import Cors
from server.routes.middleware import Requests
from server.routes.pages import asset_routes, document
from server.routes.services import STATE
from server.routes.table import mount
from server.settings import Settings
from server.sockets import costs
from server.sockets.arrivals import Arrivals
from server.sockets.endpoint import SUBPROTOCOL, SessionEndpoint
from server.sockets.handshake import Door, refuse_upgrade
from server.sockets.hub import Hub, HubLimits
from server.sockets.pump import PumpLimits
from server.sockets.session import SessionTerms, admit
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

PAGES = Path(__file__).resolve().parent.parent / "static" / "dist"
"""Where the build of the front end puts the pages."""

GOODBYE_S = 3.0
"""For sessions to take their close frame, once every turn has ended."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What answers while the process is up. ``sockets``: by path."""

    process: Process
    hub: Hub
    http: ASGIApp
    sockets: dict[str, ASGIApp]


class Application:
    """Give it to uvicorn; call ``drain`` before uvicorn is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._site: Site | None = None
        self._lifespan = Starlette(lifespan=self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._up.http(scope, receive, send)

    @property
    def _up(self) -> Site:
        if self._site is None:
            raise ServiceUnavailable("The server has not started yet.")
        return self._site

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._up.sockets.get(scope["path"])
        if endpoint is None:
            await refuse_upgrade(send, NotFound("There is no socket at this path."))
            return
        await endpoint(scope, receive, send)

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with open_process(self._settings) as process:
            if self._settings.owns_engines:
                # Nobody else uses them: what an earlier process left need not wait for its lease.
                await process.turns.leases.reap(all_others=True)
            self._site = build_site(process)
            yield {STATE: process.services}

    async def drain(self, reason: str) -> None:
        """Open nothing more, let running turns end within the grace, end the rest, say goodbye."""
        site, grace_s = self._up, self._settings.drain_seconds
        engine = site.process.services.engine
        log.info(
            "drain.started",
            extra=fields(reason=reason, turns=len(engine.live), sessions=len(site.hub)),
        )
        site.process.turns.leases.draining = engine.is_draining = True
        site.hub.start_draining(grace_s)
        await site.hub.close_all(only_idle=True)
        await engine.wait_idle(grace_s)
        await engine.finish()
        await site.hub.close_all()
        await site.hub.empty(GOODBYE_S)


def build_site(process: Process) -> Site:
    services, settings = process.services, process.services.settings
    accounts = services.accounts
    hub = Hub(
        HubLimits(
            sessions_per_user=settings.sessions_per_user,
            sessions_per_address=settings.sessions_per_address,
        ),
        counted=services.metrics.sessions_open.set,
        watch=process.bell.watch,
        clock=services.clock,
    )
    accounts.endings.listen(hub.end_credential)
    accounts.endings.listen_for_users(ended=hub.end_user, changed=hub.doubt_user)
    limits = PumpLimits(
        outgoing_bytes=settings.outgoing_bytes, age_s=settings.session_hours * 3600.0
    )
    arrivals = Arrivals(settings.sessions_per_address)
    door = Door(
        subprotocol=SUBPROTOCOL,
        origins=accounts.origins,
        cookie_name=accounts.cookies.name,
        authenticator=accounts.authenticator,
        admit=admit,
        arrivals=arrivals,
        deadline_s=settings.handshake_seconds,
    )
    watchers_door = structs.replace(door, subprotocol=costs.SUBPROTOCOL, admit=costs.admit)
    # Admins may look at what goes on also when it is too much.
    door = structs.replace(door, check_load=services.engine.guard.check_session)
    terms = SessionTerms(
        engine=services.engine,
        plans=services.plans,
        machine=machine_limits(settings),
        clock=services.clock,
        version=services.version,
        arrivals=arrivals,
    )
    requests = Requests(
        Router(
            [*mount(OPERATIONS), *asset_routes(PAGES)],
            redirect_slashes=False,
            default=document(PAGES),
        ),
        clock=services.clock,
        metrics=services.metrics,
        headers=security_headers(is_secure=settings.is_secure),
    )
    return Site(
        process=process,
        hub=hub,
        # Not a Starlette: its own answer to errors would come before ours.
        http=Cors(requests, settings.allowed_origins),
        sockets={
            "/ws": SessionEndpoint(door, hub, terms, limits),
            "/ws/admin/costs": costs.CostsEndpoint(
                watchers_door,
                hub,
                process.costs,
                machine=terms.machine,
                limits=limits,
                clock=services.clock,
            ),
        },
    )


def machine_limits(settings: Settings) -> MachineLimits:
    return MachineLimits(
        commands_per_second=settings.commands_per_second,
        commands_burst=settings.commands_burst,
        unanswered_commands=settings.unanswered_commands,
        bad_frames_per_minute=settings.bad_frames_per_minute,
        refused_commands_per_minute=settings.refused_commands_per_minute,
        upload_bytes=settings.upload_bytes,
        bounds=Bounds(
            frame_bytes=settings.frame_bytes,
            depth=settings.json_depth,
            text_characters=settings.text_characters,
        ),
    )
