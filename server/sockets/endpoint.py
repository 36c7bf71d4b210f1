"""Where an upgrade request becomes a session: the ASGI applications behind ``/ws``."""

import time

from server.domain.errors import AppError
from server.sockets.access import Access
from server.sockets.channel import Receive, Scope, Send
from server.sockets.handshake import Door, open_session, turn_away
from server.sockets.hub import Hub
from server.sockets.pump import Pump, PumpLimits
from server.sockets.session import Session, SessionTerms

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
