"""Around every HTTP request: its id, security headers, the blanket except, one log line."""

import logging
import re
import time
from datetime import datetime
from typing import Any, TypeAlias

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.domain.clock import Clock
from server.domain.errors import AppError, Internal, Unavailable
from server.domain.ids import new_id
from server.protocol.headers import SECURITY_HEADERS
from server.routes.envelope import JSON, Meta, error_headers, failure
from server.routes.ratelimits import RateFields, refused_fields
from server.telemetry.logs import bound, fields
from server.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.:\-]{1,128}")

UNMATCHED = "unmatched"
"""Label of requests that no route answers: the path itself would be an open set."""

CLIENT_GONE = 499
"""Logged for a client that left before its answer; nothing is sent."""


class Requests:
    """The layer around every HTTP request; sockets pass through untouched. ``headers`` go with each
    answer that does not bring its own of that name."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        metrics: Metrics,
        headers: Headers = SECURITY_HEADERS,
    ) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = Answer(scope, send, self._clock, self._headers)
        with bound(request_id=answer.request_id):
            try:
                await self._app(scope, receive, answer.send)
            except ClientDisconnect:
                answer.status = answer.status or CLIENT_GONE
            except Exception as error:
                await answer.fail(error)
            finally:
                self._tell(scope, answer)

    def _tell(self, scope: Scope, answer: "Answer") -> None:
        route = scope["state"].get("route", UNMATCHED)
        seconds = answer.elapsed_s()
        method, status = scope["method"], answer.status or CLIENT_GONE
        self._metrics.request_ended(route=route, method=method, status=status, seconds=seconds)
        log.log(
            logging.WARNING if status >= 500 else logging.INFO,
            "request.ended",
            extra=fields(
                method=method,
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
                **({"code": answer.code} if answer.code else {}),
            ),
        )


class Answer:
    """One answer on its way out. ``status`` 0: nothing has been sent yet. ``rates``: of the limits
    that its request was counted against, told whatever comes of it."""

    def __init__(self, scope: Scope, send: Send, clock: Clock, headers: Headers) -> None:
        self.status = 0
        self.code: str | None = None
        self.request_id = _request_id(scope)
        self.rates = RateFields()
        self._send = send
        self._clock = clock
        self._headers = headers
        self._began = time.perf_counter()
        self._is_head = scope["method"] == "HEAD"
        # A dict of this request's own: the lifespan's state is shared by all of them.
        scope["state"] = {**scope.get("state", {}), "request_id": self.request_id, "answer": self}

    def elapsed_s(self) -> float:
        return time.perf_counter() - self._began

    def meta(self) -> Meta:
        return Meta(
            timestamp=self.now(),
            request_id=self.request_id,
            duration=round(self.elapsed_s() * 1000, 2),
        )

    def now(self) -> datetime:
        return self._clock()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            headers += [pair for pair in self._headers if pair[0] not in present]
            headers += self.rates.fields(self.now())
            headers.append((b"x-request-id", self.request_id.encode()))
            if b"cache-control" not in present:
                headers.append((b"cache-control", b"no-store"))
            message = {**message, "headers": headers}
        elif self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Render an error; one that is not ours is logged here and called ``internal``."""
        known = error if isinstance(error, AppError) else Internal("Something went wrong here.")
        self.code = known.code
        if known is not error:
            log.error("request.failed", exc_info=error)
        elif isinstance(known, Unavailable):
            log.warning("request.unavailable", extra=fields(code=known.code, detail=known.message))
        if self.status:
            return  # half an answer is out: the connection ends, and the client sees that
        headers = error_headers(known)
        if known.status == 429 and not self.rates:
            headers += refused_fields(known, self.now())
        await self.send_json(known.status, failure(known, self.meta()), headers)

    async def send_json(
        self, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        all_headers: list[tuple[bytes, bytes]] = [
            (b"content-type", JSON),
            (b"content-length", str(len(body)).encode()),
            *(headers or ()),
        ]
        start: dict[str, Any] = {
            "type": "http.response.start",
            "status": status,
            "headers": all_headers,
        }
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})


def _request_id(scope: Scope) -> str:
    """The caller's own, where it is short and plain: it goes into logs and to providers."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return str(new_id())
