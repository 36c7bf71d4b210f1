"""Exports of one's own data: asked for, made in the background, downloaded for a week."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response, StreamingResponse

from server.domain.errors import Conflict, NotFound, RateLimited
from server.media.archives import GONE
from server.media.names import disposition
from server.persistence import exports
from server.persistence.exports import Export, ExportState
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation

TAG = "exports"
MEDIA = "application/zip"


class ExportView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``done`` of ``total`` messages and uploads are in the archive. One that is ready has ``size``
    in bytes, until ``expiresAt``."""

    id: UUID
    state: ExportState
    done: int
    total: int
    created_at: datetime
    size: int | UnsetType = UNSET
    expires_at: datetime | UnsetType = UNSET


class ExportPage(Page, frozen=True, kw_only=True):
    items: list[ExportView]


async def create_export(call: Call) -> ExportView:
    return _view(await call.services.archives.ask(call.caller.user_id))


async def list_exports(call: Call) -> ExportPage:
    query, user = call.query(ListQuery), call.caller.user_id
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await exports.list_exports(tx, user, before=before, limit=query.limit + 1)
    shown, last = cursors.page(found, query.limit)
    return ExportPage(
        items=[_view(export) for export in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def read_export(call: Call) -> ExportView:
    async with call.services.database.snapshot() as tx:
        found = await exports.find(tx, call.id("export_id"), call.caller.user_id)
    if found is None:
        raise NotFound(GONE)
    return _view(found)


async def download_export(call: Call) -> Response:
    export, size, pieces = await call.services.archives.open(
        call.id("export_id"), call.caller.user_id
    )
    name = f"causerie-export-{export.created_at:%Y-%m-%d}.zip"
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": disposition("attachment", name),
        "content-length": str(size),
        "x-content-type-options": "nosniff",
    }
    if call.request.method == "HEAD":
        return Response(headers=headers, media_type=MEDIA)
    return StreamingResponse(pieces, headers=headers, media_type=MEDIA)


async def delete_export(call: Call) -> None:
    await call.services.archives.remove(call.caller.user_id, call.id("export_id"))


def _view(export: Export) -> ExportView:
    is_ready = export.state is ExportState.READY
    return ExportView(
        id=export.id,
        state=export.state,
        done=export.done,
        total=export.total,
        created_at=export.created_at,
        size=export.size if is_ready else UNSET,
        expires_at=export.expires_at if is_ready else UNSET,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/exports",
        handler=create_export,
        summary="Ask for an archive of everything that is one's own; answers the one being made.",
        tag=TAG,
        response=ExportView,
        status=202,
        errors=(RateLimited,),
    ),
    Operation(
        method="GET",
        path="/api/exports",
        handler=list_exports,
        summary="One's exports, newest first.",
        tag=TAG,
        query=ListQuery,
        response=ExportPage,
    ),
    Operation(
        method="GET",
        path="/api/exports/{export_id:uuid}",
        handler=read_export,
        summary="How far an export is.",
        tag=TAG,
        response=ExportView,
        errors=(NotFound,),
    ),
    Operation(
        method="GET",
        path="/api/exports/{export_id:uuid}/download",
        handler=download_export,
        summary="The archive, a zip file, as often as wished until it expires.",
        tag=TAG,
        errors=(NotFound, Conflict),
        enveloped=False,
        media=MEDIA,
    ),
    Operation(
        method="DELETE",
        path="/api/exports/{export_id:uuid}",
        handler=delete_export,
        summary="Delete an export before it expires.",
        tag=TAG,
        errors=(NotFound,),
    ),
)
