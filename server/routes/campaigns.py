"""Insights of a campaign: linked to it, read back. The campaign goes by the host's name for it."""

from uuid import UUID

from msgspec import Struct

from knowledge import campaigns
from server.accounts.access import Scope
from server.domain.errors import NotFound
from server.domain.insights import Insight
from server.persistence.database import Tx
from server.routes import cursors, insights
from server.routes.calls import Call
from server.routes.cursors import LIMIT_DEFAULT, ListQuery
from server.routes.insights import InsightPage
from server.routes.operations import Operation

TAG = "campaigns"
PATH = "/api/campaigns/{campaign:path}/insights"


class LinkInsight(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    insight_id: UUID


async def list_campaign_insights(call: Call) -> InsightPage:
    services, query = call.services, call.query(ListQuery)
    before = cursors.read(query.cursor, UUID)
    async with services.database.snapshot() as tx:
        found = await campaigns.linked(
            tx, call.caller.user_id, _campaign(call), before=before, limit=query.limit + 1
        )
    return insights.page(found, query.limit, services.clock())


async def link_insight(call: Call) -> InsightPage:
    """Answers the first page of those that are linked now."""
    services, user, campaign = call.services, call.caller.user_id, _campaign(call)
    insight = call.body(LinkInsight).insight_id

    async def link(tx: Tx) -> list[Insight]:
        await campaigns.link(tx, user, campaign, insight)
        return await campaigns.linked(tx, user, campaign, before=None, limit=LIMIT_DEFAULT + 1)

    return insights.page(await services.database.run(link), LIMIT_DEFAULT, services.clock())


async def unlink_insight(call: Call) -> None:
    user, insight = call.caller.user_id, call.id("insight_id")
    async with call.services.database.transaction() as tx:
        if not await campaigns.unlink(tx, user, _campaign(call), insight):
            raise NotFound("That insight is not linked to that campaign.")


def _campaign(call: Call) -> str:
    name: str = call.request.path_params["campaign"]
    return name


OPERATIONS = (
    Operation(
        method="DELETE",
        path=f"{PATH}/{{insight_id:uuid}}",
        handler=unlink_insight,
        scope=Scope.WRITE,
        summary="Unlink an insight from a campaign; it stays an insight.",
        tag=TAG,
        errors=(NotFound,),
    ),
    Operation(
        method="GET",
        path=PATH,
        handler=list_campaign_insights,
        scope=Scope.READ,
        summary="The insights that are linked to a campaign of one's own, newest first.",
        tag=TAG,
        query=ListQuery,
        response=InsightPage,
        errors=(NotFound,),
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=link_insight,
        scope=Scope.WRITE,
        summary="Link an insight of one's own to a campaign of one's own; twice is once.",
        tag=TAG,
        request=LinkInsight,
        response=InsightPage,
        errors=(NotFound,),
    ),
)
