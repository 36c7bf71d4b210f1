"""Which calls a report is about, as its query says it: a range of time, and what calls must be."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args
from uuid import UUID

from msgspec import Meta, Struct, field

from billing.reports import STEPS, Grouping, Range, Step
from billing.reportsources import Filters, hour_of
from server.accounts.naming import ISSUER_MAX, find_user
from server.domain.clock import month_of, next_month
from server.domain.errors import Invalid, NotFound
from server.domain.usage import FEATURES, CallOutcome
from server.persistence.database import Snapshot

RANGE_MAX = timedelta(days=3 * 366)
"""Longer than any report is read, and a bound for what one request makes the database add up."""

END_MIN, END_MAX = datetime(1970, 1, 1, tzinfo=UTC), datetime(9_000, 1, 1, tzinfo=UTC)
"""Well within the calendar, whose ends whoever counts months or goes back a range would run into.
"""

POINTS_MAX = 1_000
"""Of a curve: six weeks of hours."""

HOURS_UP_TO, DAYS_UP_TO = timedelta(days=3), timedelta(days=100)
"""How long a range is drawn by hours, and how long by days, where no step is asked for."""

NAMES_MAX = 1_000
"""Characters of a list of names."""

Moment = Annotated[datetime, Meta(tz=True)]
Names = Annotated[str, Meta(min_length=1, max_length=NAMES_MAX)]


class RangeQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """From ``from`` (default: the start of the UTC month of ``to``) up to and without ``to``
    (default: now)."""

    start: Moment | None = field(default=None, name="from")
    end: Moment | None = field(default=None, name="to")


class CallQuery(RangeQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``feature``, ``agent``, ``model``, ``provider``: names, with commas between them; any of each
    list, and all lists together."""

    feature: Names | None = None
    agent: Names | None = None
    model: Names | None = None
    provider: Names | None = None


class FilterQuery(CallQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``creatorId``: an id, or ``external:<externalId>`` (``issuer``: whose, where several host
    applications have one). ``feature``, ``agent``, ``model``, ``provider``, ``outcome``: names,
    with commas between them; any of each list, and all lists together."""

    creator_id: Names | None = None
    issuer: Annotated[str, Meta(min_length=1, max_length=ISSUER_MAX)] | None = None
    workspace_id: UUID | None = None
    outcome: Names | None = None


def range_of(query: RangeQuery, now: datetime) -> Range:
    """
    Raises:
        Invalid: it ends before it begins, or is longer than ``RANGE_MAX``.
    """
    end = query.end or now
    if not END_MIN <= end <= END_MAX:
        raise Invalid("That is too far away.", path="$query.to")
    start = query.start or _start_of_month(end)
    if start >= end:
        raise Invalid("The range ends before it begins.", path="$query.to")
    if end - start > RANGE_MAX:
        raise Invalid("A range has at most three years.", path="$query.from")
    return Range(start=start, end=end)


def _start_of_month(moment: datetime) -> datetime:
    month = month_of(moment)
    start = hour_of(moment).replace(year=month.year, month=month.month, day=1, hour=0)
    # At the very moment at which a month begins, the one that ends is meant.
    return start if start < moment else _start_of_month(moment - timedelta(microseconds=1))


def own_filters(query: CallQuery, user: UUID) -> Filters:
    """Calls of one user. Raises Invalid: what is none of a closed set."""
    return Filters(
        creator=user,
        features=_of(FEATURES, _names(query.feature), "feature"),
        agents=_names(query.agent),
        models=_names(query.model),
        providers=_names(query.provider),
    )


async def filters_of(tx: Snapshot, query: FilterQuery, *, served: str | None = None) -> Filters:
    """``served``: whose users a service key names.

    Raises:
        Invalid: what is none of a closed set.
        NotFound: nobody is called so.
    """
    return Filters(
        creator=await _creator(tx, query, served),
        workspace=query.workspace_id,
        features=_of(FEATURES, _names(query.feature), "feature"),
        agents=_names(query.agent),
        models=_names(query.model),
        providers=_names(query.provider),
        outcomes=_of(tuple(CallOutcome), _names(query.outcome), "outcome"),
    )


async def _creator(tx: Snapshot, query: FilterQuery, served: str | None) -> UUID | None:
    if query.creator_id is None:
        return None
    try:
        return await find_user(tx, query.creator_id, issuer=query.issuer or served)
    except NotFound as error:
        raise Invalid(error.message, path="$query.creatorId") from error


def _names(given: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(",") if name.strip()) if given else ()


def _of(known: tuple[str, ...], names: tuple[str, ...], parameter: str) -> tuple[str, ...]:
    for name in names:
        if name not in known:
            raise Invalid(f"It is one of {', '.join(known)}.", path=f"$query.{parameter}")
    return names


def grouping_of(given: str, most: int = 2) -> tuple[Grouping, ...]:
    """Raises Invalid: another number of names, one twice, or one that is none."""
    names = _of(get_args(Grouping), _names(given), "groupBy")
    if not 1 <= len(names) <= most or len(set(names)) < len(names):
        shown = "One or two different groups" if most == 2 else "One group"
        raise Invalid(f"{shown} can be asked for.", path="$query.groupBy")
    return names  # type: ignore[return-value]  # compared with the names above


def step_of(range_: Range, asked: Step | None) -> Step:
    """Raises Invalid: the curve would have more than ``POINTS_MAX`` points."""
    length = range_.end - range_.start
    step = asked or (
        "hour" if length <= HOURS_UP_TO else "day" if length <= DAYS_UP_TO else "month"
    )
    if step == "hour" and length > timedelta(hours=POINTS_MAX):
        raise Invalid("Hours are told of six weeks at most.", path="$query.step")
    if step == "day" and length > timedelta(days=POINTS_MAX):
        raise Invalid("Days are told of a thousand at most.", path="$query.step")
    return step


def steps_of(range_: Range, step: Step) -> list[datetime]:
    """When each hour, day or month of the range began, in UTC."""
    at, starts = beginning_of(range_.start, step), []
    while at < range_.end:
        starts.append(at)
        at = _next(at, step)
    return starts


def beginning_of(moment: datetime, step: Step) -> datetime:
    hour = hour_of(moment)
    if step == "hour":
        return hour
    return hour.replace(hour=0) if step == "day" else hour.replace(day=1, hour=0)


def _next(start: datetime, step: Step) -> datetime:
    if step == "month":
        return next_month(start.date())
    return start + (timedelta(hours=1) if step == "hour" else timedelta(days=1))


def key_text(key: str | UUID | datetime, group: Grouping) -> str:
    """A group's key as text: a name, an id; of time ``2026-03-15T12:00:00Z``, ``2026-03-15`` or
    ``2026-03``."""
    if not isinstance(key, datetime):
        return str(key)
    forms: dict[str, str] = dict(
        zip(STEPS, ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d", "%Y-%m"), strict=True)
    )
    return key.strftime(forms[group])
