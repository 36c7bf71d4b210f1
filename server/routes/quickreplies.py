"""Quick replies: answers that the caller keeps to send again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs

from server.accounts.access import Scope
from server.domain.errors import Conflict, NotFound
from server.domain.ids import new_id
from server.domain.texts import SAYS_SOMETHING, Line
from server.persistence import quickreplies
from server.persistence.quickreplies import QuickReply, QuickReplyContent
from server.protocol.commands import Name
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation

TAG = "quick replies"
PATH = "/api/ai/quick-replies"
NOT_FOUND = "There is no such quick reply."

REPLIES_MAX = 500
"""Of one creator: a search reads all of them, which takes 1-9 ms, the longer the texts."""

Text = Annotated[str, Meta(min_length=1, max_length=5_000, pattern=SAYS_SOMETHING)]


class QuickReplyView(Struct, frozen=True, kw_only=True, rename="camel"):
    id: UUID
    title: str
    text: str
    category: str
    created_at: datetime
    updated_at: datetime


class QuickReplyPage(Page, frozen=True, kw_only=True):
    items: list[QuickReplyView]


class ListReplies(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``q``: in title or text, whatever its case."""

    q: Name | None = None
    category: Name | None = None


class CreateReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Line
    text: Text
    category: Name = "General"


class ChangeReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays as it is."""

    title: Line | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    category: Name | UnsetType = UNSET


async def list_replies(call: Call) -> QuickReplyPage:
    query = call.query(ListReplies)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await quickreplies.list_replies(
            tx,
            call.caller.user_id,
            search=query.q,
            category=query.category,
            before=before,
            limit=query.limit + 1,
        )
    shown, last = cursors.page(found, query.limit)
    return QuickReplyPage(
        items=[_view(one) for one in shown], next_cursor=cursors.write(last.id) if last else None
    )


async def create_reply(call: Call) -> QuickReplyView:
    user, reply = call.caller.user_id, new_id()
    content = QuickReplyContent(**structs.asdict(call.body(CreateReply)))
    made = await call.services.database.run(
        lambda tx: quickreplies.add(tx, reply, user, content, most=REPLIES_MAX)
    )
    return _view(made)


async def read_reply(call: Call) -> QuickReplyView:
    async with call.services.database.snapshot() as tx:
        found = await quickreplies.find(tx, call.id("reply_id"), call.caller.user_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    return _view(found)


async def change_reply(call: Call) -> QuickReplyView:
    user, reply, body = call.caller.user_id, call.id("reply_id"), call.body(ChangeReply)
    changes = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    changed = await call.services.database.run(
        lambda tx: quickreplies.update(tx, reply, user, changes)
    )
    if changed is None:
        raise NotFound(NOT_FOUND)
    return _view(changed)


async def delete_reply(call: Call) -> None:
    user, reply = call.caller.user_id, call.id("reply_id")
    if not await call.services.database.run(lambda tx: quickreplies.remove(tx, reply, user)):
        raise NotFound(NOT_FOUND)


def _view(stored: QuickReply) -> QuickReplyView:
    return convert(stored, QuickReplyView, from_attributes=True)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_replies,
        scope=Scope.READ,
        summary="The caller's quick replies, newest first.",
        tag=TAG,
        query=ListReplies,
        response=QuickReplyPage,
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=create_reply,
        scope=Scope.WRITE,
        summary="Keep a reply to send it again.",
        tag=TAG,
        request=CreateReply,
        response=QuickReplyView,
        status=201,
        errors=(Conflict,),
    ),
    Operation(
        method="GET",
        path=f"{PATH}/{{reply_id:uuid}}",
        handler=read_reply,
        scope=Scope.READ,
        summary="One quick reply.",
        tag=TAG,
        response=QuickReplyView,
        errors=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path=f"{PATH}/{{reply_id:uuid}}",
        handler=change_reply,
        scope=Scope.WRITE,
        summary="Change a quick reply; what is absent stays.",
        tag=TAG,
        request=ChangeReply,
        response=QuickReplyView,
        errors=(NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{reply_id:uuid}}",
        handler=delete_reply,
        scope=Scope.WRITE,
        summary="Delete a quick reply.",
        tag=TAG,
        errors=(NotFound,),
    ),
)
