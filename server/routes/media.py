"""Uploads over HTTP: a file in, its bytes out, to its owner alone."""

from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import unquote
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.accounts.access import Scope
from server.domain.errors import NotFound, TooLarge, UnsupportedMedia
from server.media.inspection import TEXT
from server.media.library import GONE
from server.media.names import disposition
from server.persistence import media as rows
from server.persistence.media import Media
from server.routes.bodies import check_length, stream_body
from server.routes.calls import Call
from server.routes.multipart import FormFile, parameter, read_form
from server.routes.operations import Operation

TAG = "media"

FORM_BYTES = 16 * 1024
"""What a form adds to its file at most."""

SAFE = {
    # Whoever opens it in a tab of its own opens nothing that could act.
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    # Kept by the browser, shown only after it has asked whether it still may.
    "cache-control": "private, no-cache",
    "vary": "Authorization, Cookie",
}


class MediaView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``kind`` is that of the part it can be sent as. ``width`` and ``height`` of a picture, in
    pixels."""

    id: UUID
    kind: str
    media_type: str
    bytes: int
    name: str
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    created_at: datetime


async def upload_media(call: Call) -> MediaView:
    caller, library = call.caller, call.services.media
    most = library.limits.upload_bytes + FORM_BYTES
    check_length(call.request, most)
    sent = await _sent(call.request, stream_body(call.request, most))
    taken = await library.take(
        caller.user_id,
        caller.workspace_id,
        sent.chunks,
        name=sent.name,
        declared=sent.declared,
    )
    return media_view(taken)


async def read_media(call: Call) -> Response:
    caller, request = call.caller, call.request
    async with call.services.database.snapshot() as tx:
        found = await rows.find(tx, call.id("media_id"), caller.user_id)
    if found is None:
        raise NotFound(GONE)
    is_text = found.media_type == TEXT
    tag = f'"{found.sha256.hex()}"'
    headers = {
        **SAFE,
        "etag": tag,
        "content-disposition": disposition("attachment" if is_text else "inline", found.name),
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["content-length"] = str(found.size)
    media_type = f"{TEXT}; charset=utf-8" if is_text else found.media_type
    if request.method == "HEAD":
        return Response(headers=headers, media_type=media_type)
    pieces = await call.services.media.open(found.id)
    return StreamingResponse(pieces, headers=headers, media_type=media_type)


async def delete_media(call: Call) -> None:
    await call.services.media.remove(call.caller.user_id, call.id("media_id"))


def media_view(media: Media) -> MediaView:
    return MediaView(
        id=media.id,
        kind=media.kind,
        media_type=media.media_type,
        bytes=media.size,
        name=media.name,
        width=media.width or UNSET,
        height=media.height or UNSET,
        created_at=media.created_at,
    )


async def _sent(request: Request, body: AsyncIterator[bytes]) -> FormFile:
    """The file as it arrives: the body itself, or the one file of a form."""
    declared = request.headers.get("content-type", "")
    if declared.partition(";")[0].strip().lower() == "multipart/form-data":
        return await read_form(declared, body)
    return FormFile(name=_name(request), declared=declared, chunks=body)


def _name(request: Request) -> str:
    """``X-Filename``, percent-encoded or plain UTF-8, else what ``Content-Disposition`` says."""
    if plain := request.headers.get("x-filename"):
        return unquote(_utf8(plain))
    return parameter(_utf8(request.headers.get("content-disposition", "")), "filename")


def _utf8(header: str) -> str:
    """Headers are handed over as Latin-1, whatever they are."""
    return header.encode("latin-1").decode("utf-8", "replace")


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/media",
        handler=upload_media,
        scope=Scope.WRITE,
        summary="Upload a picture or a text file: as the body, named by X-Filename, or as a form.",
        tag=TAG,
        upload=True,
        response=MediaView,
        status=201,
        errors=(TooLarge, UnsupportedMedia),
    ),
    Operation(
        method="GET",
        path="/api/media/{media_id:uuid}",
        handler=read_media,
        scope=Scope.READ,
        summary="The bytes of an upload.",
        tag=TAG,
        errors=(NotFound,),
        enveloped=False,
        media="*/*",
    ),
    Operation(
        method="DELETE",
        path="/api/media/{media_id:uuid}",
        handler=delete_media,
        scope=Scope.WRITE,
        summary="Delete an upload; messages that it went with show its name.",
        tag=TAG,
        errors=(NotFound,),
    ),
)
