"""The interface documents over HTTP: OpenAPI, AsyncAPI, and a page to read the former (H5, S12)."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.json import encode
from starlette.responses import Response

from server.routes.asyncapi import asyncapi
from server.routes.calls import Call
from server.routes.openapi import openapi
from server.routes.operations import Access, Operation
from server.routes.reference import POLICY, page

TAG = "documents"

CACHE = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
"""Anybody may read them, tools in browsers included; five minutes, for a release changes them."""


def document_operations(described: Callable[[], Sequence[Operation]]) -> tuple[Operation, ...]:
    """``described``: all operations, these included, once they are all known."""

    async def openapi_document(call: Call) -> Response:
        return _json(openapi(described(), version=call.services.version))

    async def asyncapi_document(call: Call) -> Response:
        return _json(asyncapi(version=call.services.version))

    async def reference_page(call: Call) -> Response:
        document = openapi(described(), version=call.services.version)
        headers = {**CACHE, "content-security-policy": POLICY}
        return Response(page(document), media_type="text/html", headers=headers)

    return (
        _public("/openapi.json", openapi_document, "The REST interface as OpenAPI 3.1."),
        _public("/asyncapi.json", asyncapi_document, "The WebSocket protocols as AsyncAPI 3."),
        _public("/api/docs", reference_page, "The REST interface as a page.", "text/html"),
    )


def _public(path: str, handler: Any, summary: str, media: str = "application/json") -> Operation:
    return Operation(
        method="GET",
        path=path,
        handler=handler,
        summary=summary,
        tag=TAG,
        access=Access.PUBLIC,
        enveloped=False,
        media=media,
    )


def _json(document: dict[str, Any]) -> Response:
    return Response(encode(document), media_type="application/json", headers=CACHE)
