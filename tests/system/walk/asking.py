"""What is sent: a valid body, query or file of every operation that takes one, so that a caller who
is refused was refused for nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from server.domain.ids import new_id
from tests.support.pictures import png
from tests.system.walk.ground import MODEL, Ground
from tests.system.walk.posted import POSTED

Making: TypeAlias = Callable[[Ground], Awaitable[dict[str, Any]]]
"""A body or a query for one cell; what must not be the same twice is not."""


def body(**fields: Any) -> Making:
    async def make(ground: Ground) -> dict[str, Any]:
        return fields

    return make


def naming(field_name: str, kind: str, **fields: Any) -> Making:
    async def make(ground: Ground) -> dict[str, Any]:
        return {**fields, field_name: await ground.id_of(kind)}

    return make


async def message(ground: Ground) -> dict[str, Any]:
    return {"text": "hello", "model": MODEL, "clientMessageId": str(new_id())}


def saying(field_name: str, kind: str) -> Making:
    """A message that names a thing: in a field, or of media in a part."""

    async def make(ground: Ground) -> dict[str, Any]:
        thing, said = await ground.id_of(kind), await message(ground)
        if field_name == "mediaId":
            said["parts"] = [{"type": "image", "mediaId": thing}, {"type": "text", "text": "?"}]
        else:
            said[field_name] = thing
        if field_name in {"mediaId", "regenerateOf"}:
            del said["text"]
        return said

    return make


async def person(ground: Ground) -> dict[str, Any]:
    return {"email": f"{new_id()}@example.com"}


def another(kind: str) -> Making:
    """One more of a kind that is in ``POSTED``."""

    async def make(ground: Ground) -> dict[str, Any]:
        return POSTED[kind].body()

    return make


async def dated(ground: Ground) -> dict[str, Any]:
    await ground.id_of("price", anew=True)  # so that its moment is another each time
    return {"model": f"openai/{new_id()}", "input": "1", "output": "2"}


async def pause(ground: Ground) -> dict[str, Any]:
    somebody = await ground.id_of("outsider", anew=True)
    return {"scope": "creator", "key": somebody, "reason": "Walked."}


async def invitation(ground: Ground) -> dict[str, Any]:
    return {"secret": await ground.id_of("invitation secret", anew=True)}


async def price(ground: Ground) -> dict[str, Any]:
    return {"model": MODEL, "effectiveFrom": await ground.id_of("price", anew=True)}


async def up_to(ground: Ground) -> dict[str, Any]:
    return {"upTo": await ground.id_of("notification")}


async def booking(ground: Ground) -> dict[str, Any]:
    return {"credits": "0.000001", "reason": "Walked.", "key": str(new_id())}


async def outcome(ground: Ground) -> dict[str, Any]:
    """Of a fan who is in the experiment that is asked for."""
    path = f"/api/ai/experiments/{await ground.id_of('experiment')}/assignments"
    await ground.created(path, 200, body={"fanId": "anna"})
    return {"fanId": "anna", "converted": True}


SECRET = {"secret": "x" * 46}

BODIES: dict[str, Making] = {
    "POST /api/auth/sign-in": body(link="cl_" + "x" * 43),
    "POST /api/auth/sign-up": body(email="new@example.com", password="correct horse battery"),
    "POST /api/auth/confirm": body(**SECRET),
    "POST /api/auth/forgot": body(email="nobody@example.com"),
    "POST /api/auth/reset": body(**SECRET, password="correct horse battery"),
    "POST /api/auth/exchange": body(ticket="ct_" + "x" * 43),
    "POST /api/auth/password": body(current="correct horse", password="battery staple 1"),
    "PATCH /api/auth/me": body(name="Walked"),
    "DELETE /api/auth/me": body(confirm="delete"),
    "PUT /api/limits": body(monthlyUsd=None, requestsPerHour=None, runningTurns=None),
    "PUT /api/admin/users/{user:path}/subscription": body(tier="pro"),
    "POST /api/conversations": body(),
    "PATCH /api/conversations/{conversation_id:uuid}": body(title="Walked"),
    "POST /api/conversations/{conversation_id:uuid}/messages": message,
    "POST /api/ai/test": body(prompt="hello", maxOutputTokens=5),
    "POST /api/ai/completions": body(prompt="hello", params={"maxOutputTokens": 5}),
    "POST /api/generations/{generation_id:uuid}/feedback": body(helped=True),
    "POST /api/ai/chat": body(fanId=1, message="hello"),
    "POST /api/ai/generate-caption": body(
        platform="twitter", contentInfo={"type": "photo", "description": "A harbour"}
    ),
    "POST /api/ai/analyze-performance": body(
        metrics={"platforms": ["tiktok"], "contentTypes": [], "timeframe": "this week"}
    ),
    "POST /api/ai/optimize-sales": body(fanId=1, context={"currentMessage": "Look at this."}),
    "POST /api/ai/suggestions": body(fanId=1, lastMessage="hello"),
    "POST /api/onlyfans/ai/suggestions": body(fanId=1, lastMessage="hello"),
    "POST /api/content/ai/suggestions": body(type="photos"),
    "POST /api/workspaces": body(name="Another"),
    "PATCH /api/workspaces/{workspace_id:uuid}": body(name="Walked"),
    "PATCH /api/workspaces/{workspace_id:uuid}/members/{user_id:uuid}": body(role="member"),
    "POST /api/workspaces/{workspace_id:uuid}/invitations": person,
    "POST /api/invitations/accept": invitation,
    "POST /api/presets": body(name="Walked"),
    "PATCH /api/presets/{preset_id:uuid}": body(name="Walked"),
    "PUT /api/ai/config": body(tone="warm"),
    "PATCH /api/ai/config": body(tone="warm"),
    "POST /api/ai/apply-onboarding-config": body(niche="fitness"),
    "POST /api/agents": another("custom agent"),
    "PATCH /api/agents/{agent_id:uuid}": body(description="Walked"),
    "POST /api/ai/quick-replies": another("quick reply"),
    "PATCH /api/ai/quick-replies/{reply_id:uuid}": body(category="Walked"),
    "POST /api/insights": body(kind="sales_tactic", text="Photos sell.", confidence=0.5),
    "POST /api/insights/{insight_id:uuid}/feedback": body(helped=True),
    "POST /api/campaigns/{campaign:path}/insights": naming("insightId", "insight"),
    "PUT /api/integrations/accounts": body(items=[]),
    "PUT /api/integrations/campaigns": body(items=[]),
    "PUT /api/integrations/stats": body(items=[]),
    "PUT /api/integrations/subscriptions": body(items=[]),
    "POST /api/ai/experiments": another("experiment"),
    "POST /api/ai/experiments/{experiment_id:uuid}/assignments": body(fanId="anna"),
    "POST /api/ai/experiments/{experiment_id:uuid}/outcomes": outcome,
    "POST /api/ai/experiments/{experiment_id:uuid}/end": body(winner="plain"),
    "PUT /api/analytics/schedule": body(cadence="weekly"),
    "POST /api/admin/prices": dated,
    "POST /api/admin/prices/preview": body(model=MODEL, input="1", output="2"),
    "PATCH /api/admin/alerts/rules": body(errorPercent=6),
    "POST /api/admin/pauses": pause,
    "POST /api/admin/prices/reprice": body(
        model="openai/unused",
        input="1",
        output="2",
        reason="Walked.",
        **{"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"},
    ),
    "POST /api/admin/packs": body(name="Walked", credits="5", priceUsd="1"),
    "PATCH /api/admin/packs/{pack_id:uuid}": body(name="Walked"),
    "POST /api/admin/users/{user:path}/credits": booking,
    "POST /api/admin/workspaces/{workspace_id:uuid}/credits": booking,
    "POST /api/admin/turns/{turn_id:uuid}/refund": booking,
    "POST /api/admin/users": person,
    "PATCH /api/admin/users/{user:path}": body(name="Walked"),
    "PUT /api/admin/users/{user:path}/plan": body(plan="pro"),
    "POST /api/notifications/read": up_to,
    "POST /api/ai/hooks": body(url="https://1.1.1.1/", events=["webhook.disabled"]),
    "PATCH /api/ai/hooks/{hook_id:uuid}": body(description="Walked"),
    "POST /api/ai/hooks/{hook_id:uuid}/rotate": body(graceSeconds=0),
    "POST /api/api-keys": body(name="walked"),
    "POST /api/api-keys/{key_id:uuid}/rotate": body(graceSeconds=0),
    "POST /api/ws-tickets": body(),
}
"""By route. A new one fails the walk until its body is here."""

QUERIES: dict[str, Making] = {
    "GET /api/conversations/search": body(q="walked"),
    "DELETE /api/admin/prices": price,
    "PUT /api/integrations/accounts": naming("user", "outsider"),
    "PUT /api/integrations/campaigns": naming("user", "outsider"),
    "PUT /api/integrations/stats": naming("user", "outsider"),
    "PUT /api/integrations/subscriptions": naming("user", "outsider"),
}

UPLOADS = {"POST /api/media": png()}
