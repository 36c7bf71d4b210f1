"""Who may open a session: origin, credentials, and how each refusal reaches whom it is for (S2).

A browser cannot read a refused upgrade, so a page of ours whose credentials are stale is accepted
and told by a close code; strangers and programs are refused in HTTP.
"""

import contextlib
import logging
import math
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal

import anyio
from msgspec import Struct
from uvicorn.protocols.utils import ClientDisconnected

from server.accounts.access import Principal
from server.accounts.addresses import UNKNOWN, network_of
from server.accounts.origins import Origins
from server.accounts.tokens import Authenticator
from server.domain.errors import (
    AppError,
    Forbidden,
    Internal,
    Invalid,
    ServiceUnavailable,
    Unauthenticated,
)
from server.protocol.codec import encode
from server.protocol.gate import refusal
from server.protocol.headers import SECURITY_HEADERS
from server.sockets.arrivals import Arrivals
from server.sockets.channel import Channel, Gone, Receive, Scope, Send

log = logging.getLogger(__name__)

BEARER = "bearer."
"""Prefix of the subprotocol that carries a key, a token or a ticket; it is never echoed."""

Via = Literal["authorization", "subprotocol", "cookie"]


class Offer(Struct, frozen=True, kw_only=True):
    """What an upgrade request brings, as far as it decides about it."""

    origins: tuple[str, ...]
    subprotocols: tuple[str, ...]
    authorization: tuple[str, ...]
    cookies: tuple[str, ...]
    address: str


class Credentials(Struct, frozen=True, kw_only=True):
    """The secret to be checked, and the way it came: that decides how its failure is told.

    Without a ``secret`` a page of an allowed origin has none of ours: a host application's cookie
    may stand in, else the page has to be told.
    """

    via: Via
    secret: str | None


class Door(Struct, frozen=True, kw_only=True):
    """What a kind of session is opened by. ``admit`` raises Forbidden for a user not meant here,
    ``check_load`` Overloaded while there is no room for more of its kind."""

    subprotocol: str
    origins: Origins
    cookie_name: str
    authenticator: Authenticator
    admit: Callable[[Principal], None]
    arrivals: Arrivals
    deadline_s: float = 10.0
    check_load: Callable[[], None] = lambda: None


class Opened(Struct, frozen=True, kw_only=True):
    channel: Channel
    principal: Principal
    address: str


def read_offer(scope: Scope) -> Offer:
    """``address``: of the peer, proxies already resolved by the server; IPv6 by its /64."""
    values: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    client = scope.get("client")
    return Offer(
        origins=tuple(values.get("origin", ())),
        subprotocols=tuple(scope.get("subprotocols", ())),
        authorization=tuple(values.get("authorization", ())),
        cookies=tuple(values.get("cookie", ())),
        address=network_of(client[0]) if client and client[0] else UNKNOWN,
    )


def judge(offer: Offer, *, subprotocol: str, origins: Origins, cookie_name: str) -> Credentials:
    """The credentials that count, before they are checked.

    Raises:
        Forbidden: the page belongs to an origin that is not allowed.
        Invalid: subprotocols were offered, none of them ours.
        Unauthenticated: no credentials, and no page that could be told by a close code.
    """
    if offer.origins and not (len(offer.origins) == 1 and origins.allows(offer.origins[0])):
        raise Forbidden("This origin may not open sessions here.")
    if offer.subprotocols and subprotocol not in offer.subprotocols:
        raise Invalid(f"The subprotocol spoken here is {subprotocol}.")
    if offer.authorization:
        return Credentials(via="authorization", secret=_bearer(offer.authorization))
    for name in offer.subprotocols:
        if name.startswith(BEARER):
            return Credentials(via="subprotocol", secret=name.removeprefix(BEARER))
    if not offer.origins:  # a cookie proves nothing about which page sent it
        raise Unauthenticated("Send an API key or a token as `Authorization: Bearer …`.")
    return Credentials(via="cookie", secret=_cookies(offer.cookies).get(cookie_name))


async def open_session(door: Door, scope: Scope, receive: Receive, send: Send) -> Opened | None:
    """Take one upgrade request through the door; None: it was refused, and told so."""
    try:
        return await _negotiate(door, scope, receive, send)
    except (ClientDisconnected, OSError):
        return None  # it did not wait for the answer


async def _negotiate(door: Door, scope: Scope, receive: Receive, send: Send) -> Opened | None:
    await receive()  # websocket.connect
    offer = read_offer(scope)
    try:
        credentials = judge(
            offer, subprotocol=door.subprotocol, origins=door.origins, cookie_name=door.cookie_name
        )
        door.check_load()
        with door.arrivals.peers.inside(offer.address):
            admitted = await _admit(door, credentials, offer)
    except AppError as error:
        await refuse_upgrade(send, error)
        return None
    if isinstance(admitted, AppError) and credentials.via == "authorization":
        await refuse_upgrade(send, admitted)
        return None
    channel = await accept(scope, receive, send, door.subprotocol)
    if isinstance(admitted, AppError):
        await turn_away(channel, admitted)
        return None
    return Opened(channel=channel, principal=admitted, address=offer.address)


async def _admit(door: Door, credentials: Credentials, offer: Offer) -> Principal | AppError:
    """Who it is, or why not: how that is told is the caller's affair."""
    try:
        with anyio.fail_after(door.deadline_s):
            async with door.arrivals.places:
                principal = await _authenticate(door.authenticator, credentials, offer)
            door.admit(principal)
    except TimeoutError:
        return ServiceUnavailable("Signing in takes too long; try again.", retry_after=1)
    except AppError as error:
        return error
    except Exception:
        log.exception("handshake.failed")
        return Internal("Something went wrong on our side.")
    return principal


async def _authenticate(
    authenticator: Authenticator, credentials: Credentials, offer: Offer
) -> Principal:
    secret = credentials.secret
    if credentials.via == "cookie":
        return await authenticator.by_cookies(secret, _cookies(offer.cookies))
    if secret is None:
        raise Unauthenticated("You are not signed in.")
    if credentials.via == "authorization":
        return await authenticator.by_bearer(secret)
    return await authenticator.by_token(secret)


async def accept(scope: Scope, receive: Receive, send: Send, subprotocol: str) -> Channel:
    """Only the session's own subprotocol is echoed, and only to who offered it."""
    chosen = subprotocol if subprotocol in scope.get("subprotocols", ()) else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    return Channel(scope, receive, send)


async def turn_away(channel: Channel, error: AppError) -> None:
    """Say why, then close: pages read the close code, people the message, programs retryAfter."""
    with contextlib.suppress(Gone):
        await channel.send(encode(refusal(error)))
    await channel.close(error.close or 1011, error.message)


async def refuse_upgrade(send: Send, error: AppError) -> None:
    """Answer the upgrade request by HTTP, in the envelope of every JSON answer."""
    hint = {} if error.retry_after is None else {"retryAfter": error.retry_after}
    body = encode(
        {
            "success": False,
            "error": {
                "code": error.code,
                "message": error.message,
                "retryable": error.retryable,
                "metadata": error.metadata,
                **hint,
            },
            "meta": {
                "timestamp": datetime.now(UTC),
                "requestId": secrets.token_hex(16),
                "duration": 0,
            },
        }
    )
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        *SECURITY_HEADERS,
    ]
    if error.status == Unauthenticated.status:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(1, math.ceil(error.retry_after))))
    start = {"status": error.status, "headers": headers}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": body})


def _bearer(authorization: Iterable[str]) -> str | None:
    """The token of the only ``Authorization`` header; two of them prove neither."""
    (value, *more) = authorization
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and not more else None


def _cookies(headers: Iterable[str]) -> dict[str, str]:
    found = dict[str, str]()
    for header in headers:
        for pair in header.split(";"):
            name, is_set, value = pair.strip().partition("=")
            if is_set:
                found[name] = value  # the last one counts, as for requests: one page, one user
    return found
