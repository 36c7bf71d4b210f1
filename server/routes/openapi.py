"""OpenAPI 3.1 of the REST interface, made of its operations and their structs (H5)."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from server.accounts.access import Scope
from server.domain.errors import (
    AppError,
    Forbidden,
    Internal,
    Invalid,
    RateLimited,
    ServiceUnavailable,
    TooLarge,
    TooManyTurns,
    Unauthenticated,
    UnsupportedMedia,
)
from server.routes.envelope import ErrorBody, Failure, Meta
from server.routes.operations import Access, Operation
from server.routes.schemas import components, error_codes, meaning

PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")

PARAMETER_SCHEMAS: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0},
    "str": {"type": "string"},
    "path": {"type": "string"},
}
"""By Starlette's converter: what does not fit is no route, so it answers 404."""

UPLOAD: dict[str, Any] = {
    "application/octet-stream": {"schema": {}},
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"contentMediaType": "application/octet-stream"}},
        }
    },
}
"""A file as the body, which may name its own type, or as the only part of a form."""

RATES = ("RateLimit-Policy", "RateLimit")

HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "Each limit that the request counts against, by its scope: `q` how many, "
        "`w` in how many seconds (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"user";q=50;w=3600, "turns";q=20;qu="concurrent-requests"',
    },
    "RateLimit": {
        "description": "How they stand: `r` is left, in `t` seconds there will be more. Absent "
        "where the request was not counted.",
        "schema": {"type": "string"},
        "example": '"user";r=49;t=3600, "turns";r=19',
    },
    "Retry-After": {
        "description": "Seconds after which to ask again, where that is known.",
        "schema": {"type": "integer", "minimum": 1},
    },
}

DESCRIPTION = """\
Every JSON answer is an envelope: `success`, then `data` or `error`, then `meta`. Amounts of money
are decimal strings, moments RFC 3339 in UTC, durations milliseconds, ids UUIDv7. Bodies with
unknown fields are refused with the path of the field; `creatorId` and `userId` may name the caller
in any. Lists go on at `nextCursor`. The same turns
over a WebSocket: `/asyncapi.json`."""


def openapi(operations: Sequence[Operation], *, version: str) -> dict[str, Any]:
    """The whole document, as JSON values."""
    kinds: list[Any] = [Meta, ErrorBody, Failure]
    for operation in operations:
        kinds += [kind for kind in (operation.request, operation.response) if kind is not None]
    schemas, named = components(kinds)
    by_kind = dict(zip(map(id, kinds), schemas, strict=True))
    named["ErrorBody"]["properties"]["code"] = {"type": "string", "enum": error_codes()}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, by_kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Causerie", "version": version, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": named,
            "headers": HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, `ck_…`.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "causerie",
                    "description": "The sign-in cookie (`__Host-causerie` behind TLS). Anything "
                    "but GET needs an `Origin` that is allowed.",
                },
            },
        },
    }


def _operation(operation: Operation, schemas: dict[int, dict[str, Any]]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": _description(operation),
        "tags": [operation.tag],
    }
    if parameters := [*_path_parameters(operation.path), *_query_parameters(operation)]:
        described["parameters"] = parameters
    if operation.request is not None:
        described["requestBody"] = {
            "required": not operation.optional,
            "content": {"application/json": {"schema": schemas[id(operation.request)]}},
        }
    if operation.upload:
        described["requestBody"] = {"required": True, "content": UPLOAD}
    described["responses"] = {
        str(operation.status): _success(operation, schemas),
        **_failures(operation),
    }
    for status, response in described["responses"].items():
        if told := _headers(operation, status):
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in told}
    if operation.access is Access.PUBLIC:
        described["security"] = []
    else:
        described["security"] = [{"bearer": []}, {"cookie": []}]
    return described


def _description(operation: Operation) -> str:
    """Who may ask, and what the parameters mean."""
    told = ["For admins."] if operation.access is Access.ADMIN else []
    if operation.access is Access.PUBLIC:
        told.append("Asks for no credentials.")
    elif isinstance(operation.scope, Scope):
        told.append(f"A key with scopes needs `{operation.scope}`.")
    elif operation.scope is None:
        told.append("No key with scopes may ask.")
    if operation.streams:
        told.append("Streams events of `/asyncapi.json` where `Accept` is `text/event-stream`.")
    if operation.query is not None:
        told += [meaning(kind) for kind in reversed(operation.query.__mro__) if _is_ours(kind)]
    return " ".join(filter(None, told))


def _is_ours(kind: type) -> bool:
    return issubclass(kind, Struct) and kind is not Struct


def _headers(operation: Operation, status: str) -> tuple[str, ...]:
    """Of the answers that tell something by headers: whatever takes a slot is counted."""
    rates = RATES if status == "429" or TooManyTurns in operation.errors else ()
    return (*rates, "Retry-After") if status in {"429", "503"} else rates


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": match[1],
            "in": "path",
            "required": True,
            "schema": PARAMETER_SCHEMAS[match[2] or "str"],
        }
        for match in PARAMETER.finditer(path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    _, named = components([operation.query])
    schema = named[operation.query.__name__]
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _success(operation: Operation, schemas: dict[int, dict[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.enveloped:
        data = {"type": "null"}
        if operation.response is not None:
            data = schemas[id(operation.response)]
        content["application/json"] = {"schema": _envelope(data)}
    elif operation.media == "application/json":
        content["application/json"] = {"schema": schemas.get(id(operation.response), {})}
    else:
        content[operation.media] = {"schema": {"type": "string"}}
    if operation.streams:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    return {"description": operation.summary, "content": content}


def _envelope(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["success", "data", "meta"],
        "properties": {
            "success": {"const": True},
            "data": data,
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
    }


def errors_of(operation: Operation) -> list[type[AppError]]:
    """Everything that ``operation`` can be refused with, by status."""
    kinds: list[type[AppError]] = [Internal, ServiceUnavailable, Invalid, *operation.errors]
    if operation.request is not None:
        kinds += [TooLarge, UnsupportedMedia]
    if operation.access is not Access.PUBLIC:
        kinds += [Unauthenticated, Forbidden]
    if operation.method == "POST":
        kinds.append(RateLimited)
    return sorted(dict.fromkeys(kinds), key=lambda kind: (kind.status, kind.code))


def _failures(operation: Operation) -> dict[str, Any]:
    by_status: dict[str, list[type[AppError]]] = {}
    for kind in errors_of(operation):
        by_status.setdefault(str(kind.status), []).append(kind)
    return {
        status: {
            "description": " ".join(f"`{kind.code}`: {meaning(kind)}" for kind in kinds),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}},
        }
        for status, kinds in by_status.items()
    }
