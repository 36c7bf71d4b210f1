"""What the shared HTTP client tells of the requests that one call makes.

Not every SDK hands out the response it reads, lets go of it in every way of leaving, or takes a
timeout for connecting alone. The client's own hooks see both ends of each request, whoever made it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx2
from anyio import move_on_after

CLOSE_S = 1.0
"""Closing a connection waits for nobody; this only guards against a transport that would."""

_current: ContextVar["Requests | None"] = ContextVar("provider_requests", default=None)


class Requests:
    """The requests of one call. ``without`` names response headers that its SDK must not see."""

    def __init__(self, timeout: httpx2.Timeout, without: tuple[str, ...] = ()) -> None:
        self.timeout = timeout.as_dict()
        self.without = without
        self.responses: list[httpx2.Response] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Requests made inside the block, by this task, are this call's."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    async def aclose(self) -> None:
        """Closes their connections, except where a body was read to its end."""
        with move_on_after(CLOSE_S, shield=True):
            for response in self.responses:
                await response.aclose()


def watch(http: httpx2.AsyncClient) -> None:
    """Installs the hooks, once, whoever asks first."""
    hooks = http.event_hooks
    if capture_response not in hooks["response"]:
        hooks["request"].append(limit_request)
        hooks["response"].append(capture_response)


async def limit_request(request: httpx2.Request) -> None:
    if (requests := _current.get()) is not None:
        request.extensions["timeout"] = requests.timeout


async def capture_response(response: httpx2.Response) -> None:
    if (requests := _current.get()) is not None:
        requests.responses.append(response)
        for name in requests.without:
            response.headers.pop(name, None)
