"""The same walk over WebSocket: every socket and every command as every role."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, get_args

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.protocol import feed
from server.protocol.commands import ClientCommand
from server.sockets.endpoint import SUBPROTOCOL
from tests.server.routes.office import Office
from tests.server.sockets.scene import serving
from tests.system.walk.cast import ROLES, Player, Role, Verdict
from tests.system.walk.ground import MODEL, Ground, break_ground
from tests.system.walk.table import ALL, OWN, Rights
from tests.system.walk.walker import Walk

PATIENCE_S = 5.0
AT_ONCE_S = 2.0
"""Less than any check by time: who loses access is closed because it is told."""


@dataclass(frozen=True)
class Command:
    """``scopes``: one of which a key must have to ask. ``things``: by field, whose ids it names."""

    scopes: frozenset[str]
    rights: Rights
    things: dict[str, str]
    fields: dict[str, Any]


SESSION = frozenset[str]({Scope.READ, Scope.TURNS})
"""Either opens a session."""

COMMANDS = {
    "turn.start": Command(
        frozenset({Scope.TURNS}),
        OWN,
        {"conversationId": "conversation"},
        {"text": "hello", "model": MODEL},
    ),
    "turn.estimate": Command(
        frozenset({Scope.TURNS}),
        OWN,
        {"conversationId": "conversation"},
        {"text": "hello", "model": MODEL},
    ),
    "turn.cancel": Command(frozenset({Scope.TURNS}), OWN, {"turnId": "turn"}, {}),
    "turn.attach": Command(SESSION, OWN, {"turnId": "turn"}, {"afterSeq": 0}),
    "conversation.subscribe": Command(
        frozenset({Scope.READ}), OWN, {"conversationId": "conversation"}, {}
    ),
    "conversation.unsubscribe": Command(SESSION, ALL, {"conversationId": "conversation"}, {}),
    "ping": Command(SESSION, ALL, {}, {}),
}
"""A command that is not here fails the walk."""

FEED = "/ws/admin/costs"
SOCKETS = {"/ws": SUBPROTOCOL, FEED: feed.SUBPROTOCOL}
"""By path. A socket that is not here fails the walk."""


def expected_door(path: str, role: Role) -> Verdict:
    """After what becomes of the role in mid-session, where it was let in at all."""
    if role.refused is not None and role.closed is None:
        return role.refused
    if path == FEED:
        if not role.is_admin or role.feed_closed is not None:
            return "403"
        return "in" if role.scopes is None or Scope.ADMIN_READ in role.scopes else "403"
    if role.closed is not None:
        return _closing(role.closed)
    return "in" if role.scopes is None or role.scopes & SESSION else "403"


def expected_answer(command: Command, role: Role) -> Verdict:
    if role.scopes is not None and not role.scopes & command.scopes:
        return "403"
    return command.rights[role.relation]


class SocketWalker:
    """Walks over real sockets; each role has a ground that others share."""

    def __init__(self, office: Office, walk: Walk) -> None:
        self._office = office
        self._walk = walk

    async def go(self) -> None:
        sockets = self._office.site.sockets
        assert set(sockets) == set(SOCKETS), "the table does not know these sockets"
        kinds = {kind.__struct_config__.tag for kind in get_args(get_args(ClientCommand)[0])}
        assert kinds == set(COMMANDS), "the table does not know these commands"
        ground = await break_ground(self._office)
        await ground.id_of("turn")
        async with serving(_by_path(sockets)) as port:
            for role in ROLES:
                for path in SOCKETS:
                    await self._open(f"ws://127.0.0.1:{port}{path}", path, ground, role)

    async def _open(self, url: str, path: str, ground: Ground, role: Role) -> None:
        player, wanted = await role.make(ground), expected_door(path, role)
        row = f"WS {path}"
        async with _connected(url, SOCKETS[path], player) as opened:
            if isinstance(opened, str):
                await role.ends(ground, player)
                self._walk.note(row, role.name, opened, wanted)
                return
            await role.ends(ground, player)
            is_closed = role.closed is not None or (path == FEED and role.feed_closed is not None)
            heard = await _verdict_of_close(opened) if is_closed else "in"
            self._walk.note(row, role.name, heard, wanted)
            if heard == "in" and path != FEED:
                for kind, command in COMMANDS.items():
                    await self._ask(opened, kind, command, ground, role)
        if is_closed:
            async with _connected(url, SOCKETS[path], player) as again:
                returned = again if isinstance(again, str) else "in"
                self._walk.note(f"{row} again", role.name, returned, role.refused or "403")

    async def _ask(
        self, socket: ClientConnection, kind: str, command: Command, ground: Ground, role: Role
    ) -> None:
        things = {name: await ground.id_of(thing) for name, thing in command.things.items()}
        answer = await _answer(socket, kind, command, things)
        heard, wanted = _verdict(answer), expected_answer(command, role)
        self._walk.note(f"WS {kind}", role.name, heard, wanted, str(answer)[:300])
        if heard == "404":
            unknown = {name: str(new_id()) for name in things}
            never = await _answer(socket, kind, command, unknown)
            if _said(answer, things) != _said(never, unknown):
                self._walk.object_to(f"WS {kind}", role.name, f"tells: {answer} and {never}")


def _by_path(sockets: dict[str, ASGIApp]) -> ASGIApp:
    async def application(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await sockets[scope["path"]](scope, receive, send)

    return application


@asynccontextmanager
async def _connected(
    url: str, subprotocol: str, player: Player
) -> AsyncIterator[ClientConnection | Verdict]:
    """A session that was let in, or why it was not."""
    opening = connect(
        url, subprotocols=[Subprotocol(subprotocol)], additional_headers=player.headers
    )
    try:
        socket = await opening
    except InvalidStatus as refused:
        yield _closing(refused.response.status_code)
        return
    try:
        yield await _greeted(socket, subprotocol)
    finally:
        await socket.close()


async def _greeted(socket: ClientConnection, subprotocol: str) -> ClientConnection | Verdict:
    try:
        if subprotocol == feed.SUBPROTOCOL:
            await socket.send(json.dumps({"type": "feed.subscribe", "id": "s"}))
        async with asyncio.timeout(PATIENCE_S):
            while json.loads(await socket.recv())["type"] not in {"session.ready", "feed.snapshot"}:
                pass
    except ConnectionClosed:
        return await _verdict_of_close(socket)
    return socket


async def _answer(
    socket: ClientConnection, kind: str, command: Command, things: dict[str, str]
) -> dict[str, Any]:
    name = new_id().hex
    said = {"type": kind, "id": name, **command.fields, **things}
    if kind == "turn.start":
        said["clientMessageId"] = str(new_id())
    await socket.send(json.dumps(said))
    async with asyncio.timeout(PATIENCE_S):
        while True:
            event: dict[str, Any] = json.loads(await socket.recv())
            if event.get("re") == name:
                return event


def _verdict(answer: dict[str, Any]) -> Verdict:
    match answer.get("code"):
        case "unauthenticated":
            return "401"
        case "forbidden":
            return "403"
        case "not_found":
            return "404"
        case _:
            return "in"


def _said(answer: dict[str, Any], things: dict[str, str]) -> str:
    """An error without what the caller itself has said."""
    text = json.dumps({name: value for name, value in answer.items() if name != "re"})
    for thing in things.values():
        text = text.replace(thing, "the thing")
    return text


async def _verdict_of_close(socket: ClientConnection) -> Verdict:
    await asyncio.wait({asyncio.create_task(socket.wait_closed())}, timeout=AT_ONCE_S)
    return _closing(socket.close_code)


def _closing(code: int | None) -> Verdict:
    match code:
        case 401 | 4401:
            return "401"
        case 403 | 4403:
            return "403"
        case _:
            return "in"
