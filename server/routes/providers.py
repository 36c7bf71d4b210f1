"""How the providers do, for admins: breakers, failures, times to the first word."""

from datetime import datetime

from msgspec import Struct

from server.accounts.access import Scope
from server.domain.errors import Forbidden
from server.routes.calls import Call
from server.routes.operations import Access, Operation

TAG = "admin"


class ModelHealthView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``state``: ``closed`` (calls go through), ``open`` (left alone), ``half_open`` (one call is
    tried). ``calls`` and ``failures`` are those of the last minute; ``firstWordMs`` is the median
    of the last calls that said something; ``probeInSeconds`` null unless it is open."""

    model: str
    state: str
    calls: int
    failures: int
    first_word_ms: int | None
    probe_in_seconds: float | None
    last_error: str | None
    last_error_at: datetime | None


class ProviderHealthView(Struct, frozen=True, kw_only=True, rename="camel"):
    provider: str
    models: list[ModelHealthView]


class ProviderList(Struct, frozen=True, kw_only=True, rename="camel"):
    """As this process sees it: each has breakers of its own. ``nextCursor`` is always null."""

    items: list[ProviderHealthView]
    next_cursor: None = None


async def list_providers(call: Call) -> ProviderList:
    views: dict[str, list[ModelHealthView]] = {}
    for report in call.services.health.reports():
        view = ModelHealthView(
            model=report.model,
            state=report.state.value,
            calls=report.calls,
            failures=report.failures,
            first_word_ms=report.first_word_ms,
            probe_in_seconds=report.probe_in_s,
            last_error=report.last_error,
            last_error_at=report.last_error_at,
        )
        views.setdefault(report.model.partition("/")[0], []).append(view)
    return ProviderList(
        items=[ProviderHealthView(provider=name, models=models) for name, models in views.items()]
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/providers",
        handler=list_providers,
        scope=Scope.ADMIN_READ,
        summary="How each configured model does: its breaker, failures and times.",
        tag=TAG,
        access=Access.ADMIN,
        response=ProviderList,
        errors=(Forbidden,),
    ),
)
