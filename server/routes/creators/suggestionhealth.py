"""Whether suggestions would be made just now, by whom and how soon: nobody is asked to find out."""

from typing import Literal, TypeAlias

from msgspec import Struct

from agents.providers.registry import ModelInfo
from server.accounts.access import Scope
from server.domain.breaker import BreakerState
from server.domain.errors import Paused
from server.persistence import configurations
from server.routes.calls import Call
from server.routes.creators.answering import TAG
from server.routes.operations import Operation

AGENT, FEATURE = "messaging", "suggestion"

Status: TypeAlias = Literal["ok", "degraded", "unavailable", "paused"]


class SuggestionModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """``breaker``: ``closed`` (it is asked), ``open`` (it is left alone for its failures),
    ``half_open`` (one call is tried). ``firstWordMs`` is the median of its last calls that said
    something; null: there were none yet."""

    model: str
    breaker: str
    first_word_ms: int | None


class SuggestionHealth(SuggestionModel, frozen=True, kw_only=True, rename="camel"):
    """Of the model that the caller has configured for messages, or of the default one.
    ``degraded``: it is left alone, and one of ``fallbacks`` would answer; ``unavailable``: none
    would; ``paused``: an operator lets nobody ask for this at present. As this process sees it:
    each has breakers of its own."""

    status: Status
    fallbacks: list[SuggestionModel]


async def suggestion_health(call: Call) -> SuggestionHealth:
    services, user = call.services, call.caller.user_id
    async with services.database.snapshot() as tx:
        configured = (await configurations.find(tx, user)).configuration.models.get(AGENT)
    known = {model.id: model for model in services.registry.models()}
    model = known.get(configured or "", services.registry.default)
    times = {report.model: report.first_word_ms for report in services.health.reports()}

    def seen(name: str) -> SuggestionModel:
        state = services.health.state(name)
        return SuggestionModel(model=name, breaker=state.value, first_word_ms=times.get(name))

    first, others = seen(model.id), [seen(name) for name in model.fallbacks]
    return SuggestionHealth(
        model=first.model,
        breaker=first.breaker,
        first_word_ms=first.first_word_ms,
        status=_status(call, model, [first, *others]),
        fallbacks=others,
    )


def _status(call: Call, model: ModelInfo, seen: list[SuggestionModel]) -> Status:
    try:
        call.services.pauses.check(
            creator=call.caller.user_id,
            feature=FEATURE,
            agent=AGENT,
            model=model.id,
            provider=model.provider,
        )
    except Paused:
        return "paused"
    first, *others = (one.breaker != BreakerState.OPEN.value for one in seen)
    if first:
        return "ok"
    return "degraded" if any(others) else "unavailable"


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/ai/suggestions/health",
        handler=suggestion_health,
        scope=Scope.READ,
        summary="Whether suggestions would be made just now, by which model and how soon.",
        tag=TAG,
        response=SuggestionHealth,
    ),
)
