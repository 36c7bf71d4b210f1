"""Insights linked to the campaigns they were learned from, or made for."""

from uuid import UUID

from msgspec import convert

from knowledge.hostdata import campaign_id
from server.domain.errors import NotFound
from server.domain.insights import Insight
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

NOT_FOUND = "There is no such campaign."


async def link(tx: Tx, creator: UUID, external_id: str, insight: UUID) -> None:
    """The campaign by the host's name. Twice is once.

    Raises:
        NotFound: the creator has no such campaign, or no such live insight.
    """
    campaign = campaign_id(creator, external_id)
    if await _LINK.value(tx, campaign=campaign, user=creator, insight=insight):
        return
    if await _IS_THERE.value(tx, campaign=campaign, user=creator):
        raise NotFound("There is no such insight.", path="$.insightId")
    raise NotFound(NOT_FOUND)


async def unlink(tx: Tx, creator: UUID, external_id: str, insight: UUID) -> bool:
    """False: they were not linked."""
    campaign = campaign_id(creator, external_id)
    return bool(await _UNLINK.value(tx, campaign=campaign, user=creator, insight=insight))


async def linked(
    tx: Tx | Snapshot, creator: UUID, external_id: str, *, before: UUID | None, limit: int
) -> list[Insight]:
    """Those that are live, the newest first; those that are older than ``before``.

    Raises:
        NotFound: the creator has no such campaign.
    """
    campaign = campaign_id(creator, external_id)
    if not await _IS_THERE.value(tx, campaign=campaign, user=creator):
        raise NotFound(NOT_FOUND)
    rows = await _LINKED.rows(tx, campaign=campaign, user=creator, before=before, most=limit)
    return [convert(dict(row), Insight) for row in rows]


_LINK = Prepared("""
INSERT INTO campaign_insights (campaign_id, insight_id)
SELECT marketing_campaigns.id, insights.id
FROM marketing_campaigns JOIN insights USING (user_id)
WHERE user_id = :user AND marketing_campaigns.id = :campaign AND insights.id = :insight
  AND retracted_at IS NULL AND superseded_by IS NULL
ON CONFLICT (campaign_id, insight_id) DO UPDATE SET linked_at = campaign_insights.linked_at
RETURNING true
""")
"""An update that changes nothing, so that a link that is there answers as well."""

_UNLINK = Prepared("""
DELETE FROM campaign_insights USING marketing_campaigns
WHERE marketing_campaigns.id = campaign_id AND user_id = :user AND campaign_id = :campaign
  AND insight_id = :insight
RETURNING true
""")

_IS_THERE = Prepared("""
SELECT true FROM marketing_campaigns WHERE id = :campaign AND user_id = :user
""")

_LINKED = Prepared("""
SELECT insights.* FROM campaign_insights JOIN insights ON insights.id = insight_id
WHERE campaign_id = :campaign AND user_id = :user
  AND retracted_at IS NULL AND superseded_by IS NULL
  AND (CAST(:before AS uuid) IS NULL OR insights.id < :before)
ORDER BY insights.id DESC LIMIT :most
""")
