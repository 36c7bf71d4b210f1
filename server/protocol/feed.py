"""``causerie.costs.v1``: what an admin who watches live costs may ask and is told.

Amounts are dollars as decimal strings, moments RFC 3339 in UTC; the seconds of a curve are Unix
time. A ``feed.snapshot`` is whole, a ``feed.update`` names only what changed since the event
before it: groups and the dearest calls come whole, a series with its new points only.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.json import Decoder

from server.protocol.commands import CommandId
from server.protocol.events import ErrorEvent

SUBPROTOCOL = "causerie.costs.v1"

UPDATES_PER_SECOND = 10
"""What a watcher gets at most, and what it gets unless it asks for less."""

FILTER_MAX = 50
"""Values of one filter: more than a person picks by hand."""

FilterName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Dimension: TypeAlias = Literal["creator", "feature", "agent", "model", "provider"]
RollingRange: TypeAlias = Literal["5m", "1h", "24h"]


class Span(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fixed window, ``to`` exclusive. It stands still: nothing after ``to`` is added to it."""

    from_: datetime = field(name="from")
    to: datetime


class FeedFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Calls to count: any value of each array, all arrays together. Absent: no matter which."""

    creator_id: Annotated[list[UUID], Meta(max_length=FILTER_MAX)] | UnsetType = UNSET
    feature: Annotated[list[FilterName], Meta(max_length=FILTER_MAX)] | UnsetType = UNSET
    agent: Annotated[list[FilterName], Meta(max_length=FILTER_MAX)] | UnsetType = UNSET
    model: Annotated[list[FilterName], Meta(max_length=FILTER_MAX)] | UnsetType = UNSET
    provider: Annotated[list[FilterName], Meta(max_length=FILTER_MAX)] | UnsetType = UNSET


class SubscribeFeed(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename="camel",
    tag="feed.subscribe",
):
    """Begin to watch, or watch something else. Answered by a ``feed.snapshot``.

    Absent: the last five minutes, by model, unfiltered, ten updates a second.
    """

    id: CommandId
    range: RollingRange | Span | UnsetType = UNSET
    group_by: Dimension | UnsetType = UNSET
    filters: FeedFilters | UnsetType = UNSET
    max_per_second: Annotated[int, Meta(ge=1, le=UPDATES_PER_SECOND)] | UnsetType = UNSET


class FeedTotals(Struct, frozen=True, kw_only=True, rename="camel"):
    """``perSecondUsd``: mean of the last ten whole seconds; ``perMinuteUsd``: the last sixty;
    ``usualPerSecondUsd``: mean of the last 24 hours, or of the time since the first call."""

    per_second_usd: str
    per_minute_usd: str
    usual_per_second_usd: str
    today_usd: str
    month_usd: str
    month_forecast_usd: str


class FeedRunning(Struct, frozen=True, kw_only=True, rename="camel"):
    """Turns in flight: their cost so far, and what is held for them."""

    turns: int
    cost_usd: str
    held_usd: str


class FeedErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    """Share of failed calls (0 to 1) among ``calls``, in the window that is watched."""

    rate: float
    calls: int


class FeedSeries(Struct, frozen=True, kw_only=True, rename="camel"):
    """Dollars spent in each step that begins at ``second``; steps without a call are left out.

    The eight
    dearest keys have a series each, all others share the key ``other``; who has one keeps it until
    another is dearer by a tenth.
    """

    key: str
    points: list[tuple[int, str]]


class FeedGroup(Struct, frozen=True, kw_only=True, rename="camel"):
    """One row of the ranking. ``calls``: in the window; ``changePercent``: the last five minutes
    against the five before, null when those were empty."""

    key: str
    name: str
    per_second_usd: str
    per_minute_usd: str
    today_usd: str
    calls: int
    change_percent: float | None


class DearestCall(Struct, frozen=True, kw_only=True, rename="camel"):
    call_id: UUID
    creator_id: UUID
    feature: str
    model: str
    cost_usd: str
    at: datetime


class FeedAlert(Struct, frozen=True, kw_only=True, rename="camel"):
    """An incident that goes on. ``scope``: what it is about, in words; ``scopeKind`` and
    ``scopeKey``: the same as ``POST /api/admin/pauses`` takes it. ``observed`` and ``usual``:
    figures with their unit. ``acknowledged``: an admin looks after it. ``paused``: new turns of its
    scope are refused. The figures behind it: ``GET /api/admin/alerts/{id}``."""

    id: UUID
    severity: Literal["watch", "high"]
    scope: str
    scope_kind: Literal["system"] | Dimension
    scope_key: str
    observed: str
    usual: str
    since: datetime
    explanation: str
    acknowledged: bool
    paused: bool


class FeedSnapshot(Struct, frozen=True, kw_only=True, rename="camel", tag="feed.snapshot"):
    """Everything that the subscription shows. ``watermark`` only ever grows.

    ``stepSeconds``: of the steps of its curves. 1 for what began in the last ten minutes, 10 in the
    last hour, 60 in the last day; a window further back has at most 1 440 of them.
    """

    re: str
    watermark: int
    step_seconds: int
    totals: FeedTotals
    running: FeedRunning
    errors: FeedErrors
    series: list[FeedSeries]
    groups: list[FeedGroup]
    group_count: int
    dearest: list[DearestCall]
    alerts: list[FeedAlert]


class FeedUpdate(
    Struct, frozen=True, kw_only=True, rename="camel", tag="feed.update", omit_defaults=True
):
    """What changed. A series has only its new or changed points, all else replaces."""

    watermark: int
    totals: FeedTotals | UnsetType = UNSET
    running: FeedRunning | UnsetType = UNSET
    errors: FeedErrors | UnsetType = UNSET
    series: list[FeedSeries] | UnsetType = UNSET
    groups: list[FeedGroup] | UnsetType = UNSET
    group_count: int | UnsetType = UNSET
    dearest: list[DearestCall] | UnsetType = UNSET


class AlertOpened(Struct, frozen=True, kw_only=True, rename="camel", tag="alert.opened"):
    alert: FeedAlert


class AlertUpdated(Struct, frozen=True, kw_only=True, rename="camel", tag="alert.updated"):
    alert: FeedAlert


class AlertClosed(Struct, frozen=True, kw_only=True, rename="camel", tag="alert.closed"):
    id: UUID


class FeedStale(Struct, frozen=True, kw_only=True, rename="camel", tag="feed.stale"):
    """The figures stand still since ``since``: the stream or the database does not answer.

    A ``feed.snapshot`` ends it.
    """

    since: datetime


FeedCommand: TypeAlias = SubscribeFeed
FeedEvent: TypeAlias = (
    FeedSnapshot | FeedUpdate | AlertOpened | AlertUpdated | AlertClosed | FeedStale | ErrorEvent
)

decode_feed_command = Decoder(SubscribeFeed).decode
