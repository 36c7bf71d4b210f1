"""The one shape of every JSON answer (H1), and the one place where an ``AppError`` is rendered."""

import math
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from server.domain.errors import AppError

JSON = b"application/json"


class Meta(Struct, frozen=True, kw_only=True, rename="camel"):
    """``duration`` in milliseconds, until the answer was ready."""

    timestamp: datetime
    request_id: str
    duration: float


class ErrorBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """``path`` names the field at fault (``$.text``), ``retryAfter`` is in seconds."""

    code: str
    message: str
    retryable: bool
    metadata: dict[str, Any]
    path: str | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET


class Success(Struct, frozen=True, kw_only=True):
    success: Literal[True] = True
    data: Any
    meta: Meta


class Failure(Struct, frozen=True, kw_only=True):
    success: Literal[False] = False
    error: ErrorBody
    meta: Meta


class Page(Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of lists by cursor: each names its own ``items``. ``nextCursor`` null: the end."""

    next_cursor: str | None


_encode = msgspec.json.Encoder().encode


def success(data: Any, meta: Meta) -> bytes:
    return _encode(Success(data=data, meta=meta))


def failure(error: AppError, meta: Meta) -> bytes:
    """Of an error of ours (``internal``) metadata names the request, by which its log line is
    found."""
    metadata = dict(error.metadata)
    if error.code == "internal":
        metadata["requestId"] = meta.request_id
    body = ErrorBody(
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        metadata=metadata,
        path=UNSET if error.path is None else error.path,
        retry_after=UNSET if error.retry_after is None else error.retry_after,
    )
    return _encode(Failure(error=body, meta=meta))


def error_headers(error: AppError) -> list[tuple[bytes, bytes]]:
    """``Retry-After`` in whole seconds, how to authenticate where that lacks, and which methods a
    path has."""
    headers: list[tuple[bytes, bytes]] = []
    if error.retry_after is not None:
        headers.append((b"retry-after", str(max(1, math.ceil(error.retry_after))).encode()))
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.status == 405:
        headers.append((b"allow", str(error.metadata["allow"]).encode()))
    return headers
