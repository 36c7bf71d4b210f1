"""Pages of other origins that may call us: those of ALLOWED_ORIGINS, letter by letter (X4).

Starlette's layer is not taken: it sends ``Access-Control-Allow-Credentials`` to every origin, its
own refusals are no envelopes, and it offers every method on every path. Here the application
answers a preflight as it answers any OPTIONS, and what its ``Allow`` says is what a page may do.
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REACHABLE = ("/api/", "/v1/", "/assets/", "/embed/")
"""Below these lies what programs and embedded parts use. Pages, health and metrics are for nobody
else's scripts."""

REQUEST_HEADERS = (
    b"Authorization, Content-Type, Content-Disposition, If-None-Match, Last-Event-ID, X-Filename, "
    b"X-Request-Id"
)
"""What an operation reads, beyond the headers that browsers always let through."""

EXPOSED_HEADERS = (
    b"Content-Disposition, ETag, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
)

MAX_AGE_S = 7_200
"""How long a browser may remember a preflight's answer: Chromium's own bound."""


class Cors:
    """The layer around everything that is answered over HTTP. ``allowed`` are exact origins.

    Such a page may send cookies along: on our own site they are what ``Origins`` lets it use anyway
    (a host application's too), and from another site browsers keep them back, being SameSite.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(origin.encode() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not (self._allowed and scope["type"] == "http" and scope["path"].startswith(REACHABLE)):
            await self._app(scope, receive, send)
            return
        origin = self._page(scope)
        asks_first = scope["method"] == "OPTIONS" and any(
            name == b"access-control-request-method" for name, _ in scope["headers"]
        )

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                message = {**message, "headers": headers + _told(headers, origin, asks_first)}
            await send(message)

        await self._app(scope, receive, answer)

    def _page(self, scope: Scope) -> bytes | None:
        """The origin of the page that asks; None: it is none that may."""
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        return origins[0] if len(origins) == 1 and origins[0] in self._allowed else None


def _told(
    headers: list[tuple[bytes, bytes]], origin: bytes | None, asks_first: bool
) -> list[tuple[bytes, bytes]]:
    """What an answer with ``headers`` says besides; ``asks_first``: to a preflight."""
    given = {name.lower(): value for name, value in headers}
    if b"access-control-allow-origin" in given:
        return []  # a document for everybody says so itself
    # Also for others: no cache may hand them the answer to an allowed page, or the reverse.
    told = [(b"vary", b"Origin")]
    if origin is None:
        return told
    told += [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
    ]
    if not asks_first:
        told.append((b"access-control-expose-headers", EXPOSED_HEADERS))
    elif b"allow" in given:
        told += [
            (b"access-control-allow-methods", given[b"allow"]),
            (b"access-control-allow-headers", REQUEST_HEADERS),
            (b"access-control-max-age", b"%d" % MAX_AGE_S),
        ]
    return told
