"""Where an upgrade request becomes a session: the ASGI applications behind ``/ws``."""

import time
from collections.abc import Callable

from msgspec import Struct

from billing.plans import Plans
from server.accounts.origins import Origins
from server.accounts.tokens import Authenticator
from server.domain.clock import Clock
from server.domain.errors import AppError
from server.protocol.codec import Bounds
from server.protocol.machine import MachineLimits
from server.settings import Settings
from server.sockets.access import Access
from server.sockets.channel import Receive, Scope, Send
from server.sockets.handshake import Door, open_session, turn_away
from server.sockets.hub import Hub, HubLimits
from server.sockets.pump import Pump, PumpLimits
from server.sockets.session import Session, SessionTerms, admit
from server.turns.engine import TurnEngine

SUBPROTOCOL = "causerie.v1"


class SessionEndpoint:
    """``GET /ws``: give it to Starlette's ``WebSocketRoute`` as it is."""

    def __init__(self, door: Door, hub: Hub, terms: SessionTerms, limits: PumpLimits) -> None:
        self._door = door
        self._hub = hub
        self._terms = terms
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = await open_session(self._door, scope, receive, send)
        if opened is None:
            return
        access = Access(
            opened.principal, self._door.authenticator, self._door.admit, time.monotonic
        )
        pump = Pump(
            opened.channel,
            access,
            address=opened.address,
            now=time.monotonic,
            limits=self._limits,
        )
        session = Session(pump, self._terms)
        try:
            with self._hub.joined(session):
                await session.run()
        except AppError as error:  # the hub has no room
            await turn_away(opened.channel, error)


class Sockets(Struct, frozen=True, kw_only=True):
    """What the composition root mounts (``sessions`` at ``/ws``), and what it drains by."""

    hub: Hub
    sessions: SessionEndpoint


def build_sockets(
    settings: Settings,
    *,
    authenticator: Authenticator,
    origins: Origins,
    cookie_name: str,
    engine: TurnEngine,
    plans: Plans,
    clock: Clock,
    version: str,
    counted: Callable[[float], None],
) -> Sockets:
    """The sessions of one process. ``counted`` hears of their number: a gauge's ``set``."""
    hub = Hub(
        HubLimits(
            sessions_per_user=settings.sessions_per_user,
            sessions_per_address=settings.sessions_per_address,
        ),
        counted=counted,
    )
    door = Door(
        subprotocol=SUBPROTOCOL,
        origins=origins,
        cookie_name=cookie_name,
        authenticator=authenticator,
        admit=admit,
        deadline_s=settings.handshake_seconds,
    )
    machine = MachineLimits(
        commands_per_second=settings.commands_per_second,
        commands_burst=settings.commands_burst,
        unanswered_commands=settings.unanswered_commands,
        bad_frames_per_minute=settings.bad_frames_per_minute,
        refused_commands_per_minute=settings.refused_commands_per_minute,
        bounds=Bounds(
            frame_bytes=settings.frame_bytes,
            depth=settings.json_depth,
            text_characters=settings.text_characters,
        ),
    )
    terms = SessionTerms(engine=engine, plans=plans, machine=machine, clock=clock, version=version)
    limits = PumpLimits(
        outgoing_bytes=settings.outgoing_bytes, age_s=settings.session_hours * 3600.0
    )
    return Sockets(hub=hub, sessions=SessionEndpoint(door, hub, terms, limits))
