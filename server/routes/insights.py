"""Insights: what agents know of one's own work, read, told, judged and taken back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from knowledge import store
from knowledge.decay import decayed
from knowledge.network import ALL_KINDS
from server.accounts.access import Scope
from server.domain.errors import Forbidden, Invalid, NotFound
from server.domain.ids import new_id
from server.domain.insights import DATA_BYTES, Audience, Insight, InsightKind, NewInsight
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation

TAG = "insights"
PATH = "/api/insights"
NOT_FOUND = "There is no such insight."

Source = Annotated[str, Meta(pattern="^[a-z0-9_-]{1,64}$")]
Search = Annotated[str, Meta(min_length=1, max_length=300)]
Key = Annotated[str, Meta(min_length=1, max_length=200)]


class KnownInsight(Struct, frozen=True, kw_only=True, rename="camel"):
    """``confidence`` as of now; ``score``, in a search, that times how well it fits. ``audience``
    "shared": so many ``creators`` have learned it, and it is nobody's own. ``language`` null: it is
    not known. ``seen``: how often it was learned; ``helped``, ``hindered``: what came of using it.
    ``retractedAt`` null and ``supersededBy`` null: agents are told of it."""

    id: UUID
    audience: Audience
    kind: InsightKind
    source: str
    text: str
    language: str | None
    confidence: float
    data: dict[str, Any]
    tags: tuple[str, ...]
    creators: int
    seen: int
    helped: int
    hindered: int
    created_at: datetime
    retracted_at: datetime | None
    superseded_by: UUID | None
    score: float | UnsetType = UNSET


class InsightPage(Page, frozen=True, kw_only=True):
    items: list[KnownInsight]


class InsightsQuery(
    ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """``q``: what an agent might be asked. Then the best come first, shared ones among them, on one
    page."""

    kind: InsightKind | None = None
    q: Search | None = None


class TellInsight(NewInsight, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``source``: who found it out; ``people``: fans whom the text names, so that they are left out
    of what others read; ``supersedes``: one that it takes the place of."""

    source: Source = "creator"
    supersedes: UUID | UnsetType = UNSET


class JudgeInsight(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether using it ``helped``. ``key`` names the occasion, which counts once; absent: one of
    its own."""

    helped: bool
    key: Key | UnsetType = UNSET


async def list_insights(call: Call) -> InsightPage:
    caller, query, services = call.caller, call.query(InsightsQuery), call.services
    if query.q is not None:
        return await _search(call, query, query.q)
    before = cursors.read(query.cursor, UUID)
    async with services.database.snapshot() as tx:
        found = await store.list_insights(
            tx, caller.user_id, kind=query.kind, before=before, limit=query.limit + 1
        )
    return page(found, query.limit, services.clock())


async def _search(call: Call, query: InsightsQuery, text: str) -> InsightPage:
    if query.cursor is not None:
        raise Invalid("A search has one page.", path="$query.cursor")
    found = await call.services.network.search(
        call.caller.user_id,
        text=text,
        kinds=ALL_KINDS if query.kind is None else {query.kind},
        limit=query.limit,
    )
    now = call.services.clock()
    return InsightPage(
        items=[view(one.insight, now, score=round(one.score, 4)) for one in found],
        next_cursor=None,
    )


async def tell_insight(call: Call) -> KnownInsight:
    body, services = call.body(TellInsight), call.services
    if body.text.isspace():
        raise Invalid("White space alone says nothing.", path="$.text")
    if len(msgspec.json.encode(body.data)) > DATA_BYTES:
        raise Invalid(f"At most {DATA_BYTES} bytes of JSON.", path="$.data")
    supersedes = None if isinstance(body.supersedes, UnsetType) else body.supersedes
    try:
        kept = await services.network.broadcast_insight(
            call.caller.user_id, body, supersedes=supersedes
        )
    except NotFound as error:
        raise NotFound(error.message, path="$.supersedes") from error
    return view(kept, services.clock())


async def read_insight(call: Call) -> KnownInsight:
    caller, services = call.caller, call.services
    async with services.database.snapshot() as tx:
        found = await store.find(tx, call.id("insight_id"), caller.user_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    return view(found, services.clock())


async def retract_insight(call: Call) -> None:
    await call.services.network.retract(call.caller.user_id, call.id("insight_id"))


async def judge_insight(call: Call) -> KnownInsight:
    body, services = call.body(JudgeInsight), call.services
    key = str(new_id()) if isinstance(body.key, UnsetType) else body.key
    judged = await services.network.note_outcome(
        call.caller.user_id, call.id("insight_id"), key=key, helped=body.helped
    )
    return view(judged, services.clock())


def page(found: list[Insight], limit: int, now: datetime) -> InsightPage:
    """Of ``limit + 1`` that were asked for."""
    shown, last = cursors.page(found, limit)
    return InsightPage(
        items=[view(one, now) for one in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


def view(insight: Insight, now: datetime, score: float | UnsetType = UNSET) -> KnownInsight:
    return KnownInsight(
        id=insight.id,
        audience=insight.audience,
        kind=insight.kind,
        source=insight.source,
        text=insight.text,
        language=insight.language or None,
        confidence=round(decayed(insight.confidence, insight.confidence_at, now), 4),
        data=insight.data,
        tags=insight.tags,
        creators=insight.creators,
        seen=insight.seen,
        helped=insight.helped,
        hindered=insight.hindered,
        created_at=insight.created_at,
        retracted_at=insight.retracted_at,
        superseded_by=insight.superseded_by,
        score=score,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_insights,
        scope=Scope.READ,
        summary="One's own live insights, newest first; with q the best for it, shared ones too.",
        tag=TAG,
        query=InsightsQuery,
        response=InsightPage,
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=tell_insight,
        scope=Scope.WRITE,
        summary="Tell one's agents an insight, in every process; answers what is kept of it.",
        tag=TAG,
        request=TellInsight,
        response=KnownInsight,
        status=201,
        errors=(Forbidden, NotFound),
    ),
    Operation(
        method="GET",
        path=f"{PATH}/{{insight_id:uuid}}",
        handler=read_insight,
        scope=Scope.READ,
        summary="One insight, own or shared, whatever became of it.",
        tag=TAG,
        response=KnownInsight,
        errors=(NotFound,),
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{insight_id:uuid}}",
        handler=retract_insight,
        scope=Scope.WRITE,
        summary="Take an insight of one's own back; it is not learned again for ninety days.",
        tag=TAG,
        errors=(NotFound,),
    ),
    Operation(
        method="POST",
        path=f"{PATH}/{{insight_id:uuid}}/feedback",
        handler=judge_insight,
        scope=Scope.WRITE,
        summary="Say whether using an insight of one's own helped, once an occasion.",
        tag=TAG,
        request=JudgeInsight,
        response=KnownInsight,
        errors=(NotFound,),
    ),
)
