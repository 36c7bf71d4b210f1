"""Asks every row as every role, and says where the answer is not the one expected."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx2

from server.domain.ids import new_id
from server.routes.openapi import PARAMETER
from server.routes.operations import Access
from tests.server.routes.office import Office
from tests.system.walk.asking import UPLOADS
from tests.system.walk.cast import ROLES, Player, Role, Verdict
from tests.system.walk.ground import Ground, break_ground
from tests.system.walk.table import (
    ENDS_CALLER,
    OWN_CONVERSATION,
    Row,
    expected,
)

OF_THE_MOMENT = {"x-request-id", "content-length", "date"}
"""Headers in which two equal answers differ: the length is that of the time they took."""

SECONDS = re.compile(r";t=\d+")


@dataclass
class Walk:
    """``cells``: what was heard, by row and role. ``surprises``: where that was not expected."""

    cells: dict[tuple[str, str], str] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)

    def note(self, row: str, role: str, heard: str, wanted: str, why: str = "") -> None:
        self.cells[row, role] = heard
        if heard != wanted:
            self.surprises.append(f"{row} as {role}: expected {wanted}, heard {heard}. {why}")

    def object_to(self, row: str, role: str, what: str) -> None:
        self.surprises.append(f"{row} as {role}: {what}")

    def table(self) -> str:
        """Rows by roles."""
        names, roles = [list(dict.fromkeys(place)) for place in zip(*self.cells, strict=True)]
        width = max(map(len, names))
        keys = [f"{number:2} {role}" for number, role in enumerate(roles, 1)]
        head = " " * width + "".join(f" {number:>3}" for number in range(1, len(roles) + 1))
        lines = [
            f"{name:<{width}}"
            + "".join(f" {self.cells.get((name, role), ''):>3}" for role in roles)
            for name in names
        ]
        return "\n".join([*keys, "", head, *lines])


class Walker:
    """Walks over HTTP. Players are made once a ground, and whole grounds for rows that end one."""

    def __init__(self, office: Office, walk: Walk) -> None:
        self._office = office
        self._walk = walk
        self._ground: Ground | None = None
        self._players: dict[str, Player] = {}

    async def go(self, rows: list[Row]) -> None:
        for row in rows:
            if row.named is not None:
                self._ground = None
            for number, role in enumerate(ROLES):
                if f"{row.operation.method} {row.operation.path}" in ENDS_CALLER:
                    self._ground = None
                await self._cell(row, role, f"198.51.100.{number + 1}")
            if f"{row.operation.method} {row.operation.path}" in ENDS_CALLER:
                self._ground = None

    async def _cell(self, row: Row, role: Role, address: str) -> None:
        if self._ground is None:
            self._ground, self._players = await break_ground(self._office), {}
        ground = self._ground
        player = self._players.get(role.name) or await self._enter(ground, role)
        client = player.client(ground, address)
        wanted = expected(row, role)
        things = {}
        for name, kind in row.things.items():
            if kind == OWN_CONVERSATION:
                things[name] = await ground.conversation_of(None if role.refused else player.user)
            else:
                is_lost = wanted == "in" and row.operation.method != "GET"
                things[name] = await ground.id_of(kind, anew=is_lost)
        if row.named is not None:
            await ground.id_of(row.named)
        answer = await _ask(client, row, things, ground)
        if row.operation.method == "DELETE" and answer.is_success and things:
            ground.forget(list(row.things.values())[-1])
        if answer.status_code >= 500:
            self._walk.object_to(row.name, role.name, answer.text[:300])
        if row.operation.access is Access.PUBLIC:
            first = self._walk.cells.get((row.name, ROLES[0].name), str(answer.status_code))
            self._walk.note(row.name, role.name, str(answer.status_code), first)
            return
        self._walk.note(row.name, role.name, _verdict(answer), wanted, answer.text[:300])
        if answer.status_code == 404 and (things or row.named):
            # Whoever may see the place is compared there, and others with a place that never was.
            kept = list(things)[:-1] if role.relation != "nobody" else []
            if row.named is not None:
                kept = list(things)
            unknown = {name: things[name] if name in kept else str(new_id()) for name in things}
            never = await _ask(client, row, unknown, ground, unknown=True)
            for what, one, two in (
                ("the body", _said(answer), _said(never)),
                ("a header", _headers(answer), _headers(never)),
            ):
                if one != two:
                    self._walk.object_to(row.name, role.name, f"{what} tells: {one} and {two}")

    async def _enter(self, ground: Ground, role: Role) -> Player:
        player = self._players[role.name] = await role.make(ground)
        if player.user is not None:
            me = await player.client(ground).get("/api/auth/me")
            assert me.status_code == 200, f"{role.name}: {me.text}"
        await role.ends(ground, player)
        return player


async def _ask(
    client: httpx2.AsyncClient,
    row: Row,
    things: dict[str, str],
    ground: Ground,
    *,
    unknown: bool = False,
) -> httpx2.Response:
    """``unknown``: what the body names never was, either."""
    operation = row.operation
    path = PARAMETER.sub(lambda match: things[match[1]], operation.path)
    sent: dict[str, Any] = {}
    if operation.request is not None and row.body is not None:
        body = await row.body(ground)
        if unknown and row.named is not None:
            body = _with_unknown(body, ground.made[row.named])
        sent["content"] = json.dumps(body)
        sent["headers"] = {"content-type": "application/json"}
    if operation.upload:
        sent["content"] = UPLOADS[f"{operation.method} {operation.path}"]
    if row.query is not None:
        query = await row.query(ground)
        if unknown and row.named is not None:
            query = _with_unknown(query, ground.made[row.named])
        sent["params"] = query
    return await client.request(operation.method, path, **sent)


def _with_unknown(body: dict[str, Any], thing: str) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(body).replace(thing, str(new_id())))
    return changed


def _verdict(answer: httpx2.Response) -> Verdict:
    match answer.status_code:
        case 401:
            return "401"
        case 403:
            return "403"
        case 404:
            return "404"
        case _:
            return "in"


def _said(answer: httpx2.Response) -> Any:
    body = answer.json()
    del body["meta"]
    return body


def _headers(answer: httpx2.Response) -> dict[str, str]:
    """Seconds until a place in a limit is free again go down by themselves."""
    return {
        name: SECONDS.sub(";t=", text) if name == "ratelimit" else text
        for name, text in answer.headers.items()
        if name not in OF_THE_MOMENT
    }
