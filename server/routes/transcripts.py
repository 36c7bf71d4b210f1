"""A conversation as a file, Markdown to read or JSON to process, of any length."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.responses import Response

from server.accounts.access import Scope
from server.domain import transcripts
from server.domain.errors import NotFound, RateLimited
from server.media.names import clean
from server.persistence import belongings, branches, conversations
from server.persistence.belongings import LONG, Row
from server.persistence.conversations import Conversation
from server.persistence.database import Snapshot
from server.persistence.transcripts import branch_ids
from server.routes.calls import Call
from server.routes.conversations import NOT_FOUND
from server.routes.csvs import WriteText
from server.routes.operations import Operation
from server.routes.views import conversation_view

MEDIA = {"markdown": "text/markdown", "json": "application/json"}
SUFFIXES = {"markdown": "md", "json": "json"}

_NOT_IN_NAMES = str.maketrans(dict.fromkeys('<>:"|?*', "-"))
"""What file names cannot have on some system."""

Format: TypeAlias = Literal["markdown", "json"]


class ExportQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``leaf``: the branch of this message, down to its newest leaf. Absent: the branch that is
    shown, and as JSON the whole tree."""

    format: Format = "markdown"
    leaf: UUID | None = None


async def export_conversation(call: Call) -> Response:
    query, database = call.query(ExportQuery), call.services.database
    conversation, user = call.id("conversation_id"), call.caller.user_id
    async with database.snapshot() as tx:
        found = await conversations.find(tx, conversation, user)
        if found is None:
            raise NotFound(NOT_FOUND)
        leaf = found.leaf_message_id
        if query.leaf is not None:
            leaf = await branches.newest_leaf(tx, conversation, query.leaf)
            if leaf is None:
                raise NotFound("There is no such message here.", path="$query.leaf")
    is_whole = query.format == "json" and query.leaf is None

    async def fill(write: WriteText) -> None:
        async with database.snapshot() as tx:
            if is_whole:
                ids = await belongings.message_ids(tx, conversation)
            else:
                ids = await branch_ids(tx, conversation, leaf) if leaf else []
            if query.format == "json":
                await _write_json(tx, found, ids, write)
            else:
                await _write_markdown(tx, found, ids, write)

    name = f"{clean(found.title.translate(_NOT_IN_NAMES), 'Conversation')}.{SUFFIXES[query.format]}"
    return call.services.downloads.text(call.caller, name, MEDIA[query.format], fill)


async def _write_markdown(
    tx: Snapshot, found: Conversation, ids: Sequence[UUID], write: WriteText
) -> None:
    view = conversation_view(found)
    facts = (
        f"{len(ids):,} {'message' if len(ids) == 1 else 'messages'}",
        f"begun {transcripts.moment(found.created_at)}",
        f"${view.cost_usd}, {view.charged} credits in all",
    )
    await write(transcripts.head(found.title, facts))
    for start in range(0, len(ids), LONG):
        rows = await _rows(tx, ids[start : start + LONG])
        await write("".join(_as_markdown(row) for row in rows))


def _as_markdown(row: Row) -> str:
    facts = list[str]()
    if row["role"] == "assistant":
        facts += [row[name] for name in ("agent", "model") if row[name]]
        receipt = row["receipt"]
        if receipt:
            tokens = sum(call["outputTokens"] for call in receipt["calls"])
            facts += [f"{tokens:,} tokens", f"${receipt['costUsd']}"]
            facts.append(f"{receipt['charged']} credits")
        if row["state"] != "complete":
            facts.append(row["state"])
    attached = [part for part in row["parts"] or () if part["type"] != "text"]
    return transcripts.message(
        row["role"], row["text"], row["created_at"], attached=attached, facts=facts
    )


async def _write_json(
    tx: Snapshot, found: Conversation, ids: Sequence[UUID], write: WriteText
) -> None:
    head = msgspec.json.encode(conversation_view(found)).decode()
    await write(f'{head[:-1]},"messages":[')
    for start in range(0, len(ids), LONG):
        rows = await _rows(tx, ids[start : start + LONG])
        await write(("," if start else "") + ",".join(_as_json(row) for row in rows))
    await write("]}\n")


def _as_json(row: Row) -> str:
    told: dict[str, Any] = {
        "id": row["id"],
        "parentId": row["parent_id"],
        "role": row["role"],
        "text": row["text"],
    }
    optional = {
        "parts": row["parts"],
        "agent": row["agent"],
        "model": row["model"],
        "turnId": row["turn_id"],
        "state": row["state"],
        "receipt": row["receipt"],
    }
    told |= {name: value for name, value in optional.items() if value is not None}
    told["createdAt"] = row["created_at"]
    return msgspec.json.encode(told).decode()


async def _rows(tx: Snapshot, ids: Sequence[UUID]) -> list[Row]:
    """These messages, in the order of ``ids``."""
    place = {message: at for at, message in enumerate(ids)}
    rows = [row async for row in belongings.messages(tx, ids)]
    return sorted(rows, key=lambda row: place[row["id"]])


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/conversations/{conversation_id:uuid}/export",
        handler=export_conversation,
        scope=Scope.READ,
        summary="A conversation as a file: the branch that is shown as Markdown, or all of it as"
        " JSON; with models, times and costs.",
        tag="conversations",
        query=ExportQuery,
        errors=(NotFound, RateLimited),
        enveloped=False,
        media="text/markdown",
    ),
)
