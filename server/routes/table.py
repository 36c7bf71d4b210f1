"""From operations to Starlette's routes: one route a path, so that a wrong method is told apart
from a wrong path, and both answer in the envelope."""

from collections.abc import Iterable, Sequence
from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from server.domain.errors import MethodNotAllowed
from server.routes.calls import Reply, prepare
from server.routes.envelope import success
from server.routes.middleware import Answer
from server.routes.operations import Operation


class PathEndpoint:
    """All operations of one path."""

    def __init__(self, path: str, operations: Sequence[Operation]) -> None:
        self._path = path
        self._operations: dict[str, Operation] = {item.method: item for item in operations}
        if "GET" in self._operations:
            self._operations["HEAD"] = self._operations["GET"]
        self._allow = ", ".join(sorted([*self._operations, "OPTIONS"]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = self._path
        method = scope["method"]
        answer = cast("Answer", scope["state"]["answer"])
        operation = self._operations.get(method)
        if operation is None:
            if method != "OPTIONS":
                raise MethodNotAllowed(
                    f"This path answers to {self._allow}.", metadata={"allow": self._allow}
                )
            response = Response(status_code=204, headers={"allow": self._allow})
            await response(scope, receive, send)
            return
        call = await prepare(Request(scope, receive), operation)
        result = await operation.handler(call)
        if isinstance(result, Response):
            await result(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = []
        if isinstance(result, Reply):
            headers = [(name.encode(), text.encode()) for name, text in result.headers.items()]
            result = result.data
        await answer.send_json(operation.status, success(result, answer.meta()), headers)


def mount(operations: Iterable[Operation]) -> list[BaseRoute]:
    """One route for every path."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, []).append(operation)
    return [Route(path, PathEndpoint(path, group)) for path, group in by_path.items()]
