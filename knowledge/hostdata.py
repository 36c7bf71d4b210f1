"""What the host application tells of its creators, written in bulk.

Each item has a name of the host's (``external_id``, or day and platform) and the host's moment
(``as_of``): sent twice it is written once, and of two versions the later stays, in whichever order
they arrive. Platform accounts, whose tokens are sealed: ``platforms``.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID, uuid5

from msgspec import Meta, Struct, structs

from server.domain.errors import Invalid
from server.domain.money import MAX_AMOUNT, NanoUsd
from server.domain.texts import HostName, Line
from server.persistence.database import Tx
from server.persistence.prepared import Prepared, as_json

ITEMS_MAX = 1_000
"""Of one request: a transaction of some ten milliseconds."""

CLOCKS_APART = timedelta(minutes=5)
"""How far the host's clock may be ahead. Later moments would refuse what comes after them."""

Platform: TypeAlias = Annotated[str, Meta(pattern="^[a-z0-9_]{1,32}$")]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
Amount: TypeAlias = Annotated[NanoUsd, Meta(ge=0, lt=MAX_AMOUNT)]


class Dated(Struct, frozen=True, kw_only=True):
    """True as of the host's moment ``as_of``."""

    as_of: datetime


class Campaign(Dated, frozen=True, kw_only=True):
    """``spent`` and ``revenue`` in nano-dollars."""

    external_id: HostName
    name: Line
    platform: Platform
    status: Line
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    spent: Amount = NanoUsd(0)
    revenue: Amount = NanoUsd(0)
    sent: Count = 0
    opened: Count = 0
    clicked: Count = 0
    converted: Count = 0


class DayStats(Dated, frozen=True, kw_only=True):
    """One day (UTC) of one platform: messages of fans, those of them that were answered, and
    nano-dollars."""

    day: date
    platform: Platform
    received: Count
    answered: Count
    revenue: Amount


class FanSubscription(Dated, frozen=True, kw_only=True):
    """``price``: nano-dollars a month."""

    platform: Platform
    external_id: HostName
    fan_id: HostName
    price: Amount
    started_at: datetime
    ended_at: datetime | None = None


class Written(Struct, frozen=True, kw_only=True):
    """``ignored``: what is known as of that moment or a later one already."""

    written: int
    ignored: int


Item = TypeVar("Item", bound=Dated)


def campaign_id(creator: UUID, external_id: str) -> UUID:
    """Made of what names it, so that whoever writes it first gives it the same id."""
    return uuid5(creator, f"campaign/{external_id}")


async def put_campaigns(
    tx: Tx, creator: UUID, campaigns: Sequence[Campaign], now: datetime
) -> Written:
    """
    Raises:
        Invalid: too many, or one of the future.
        Forbidden: the creator is leaving.
    """
    newest = latest(campaigns, lambda one: one.external_id, now)
    rows = [structs.asdict(one) | {"id": campaign_id(creator, one.external_id)} for one in newest]
    return await put(tx, _CAMPAIGNS, creator, rows, len(campaigns))


async def put_stats(tx: Tx, creator: UUID, days: Sequence[DayStats], now: datetime) -> Written:
    """
    Raises:
        Invalid: too many, one of the future, or more answered than received.
        Forbidden: the creator is leaving.
    """
    for place, one in enumerate(days):
        if one.answered > one.received:
            raise Invalid("More was answered than received.", path=f"$.items[{place}].answered")
    rows = [structs.asdict(one) for one in latest(days, lambda one: (one.day, one.platform), now)]
    return await put(tx, _STATS, creator, rows, len(days))


async def put_subscriptions(
    tx: Tx, creator: UUID, subscriptions: Sequence[FanSubscription], now: datetime
) -> Written:
    """
    Raises:
        Invalid: too many, or one of the future.
        Forbidden: the creator is leaving.
    """
    newest = latest(subscriptions, lambda one: (one.platform, one.external_id), now)
    rows = [structs.asdict(one) for one in newest]
    return await put(tx, _SUBSCRIPTIONS, creator, rows, len(subscriptions))


def latest(items: Sequence[Item], key: Callable[[Item], Hashable], now: datetime) -> list[Item]:
    """Of each name the version of the latest moment; of equals, the one that stands first, as if
    they had come one by one.

    Raises:
        Invalid: too many, or one of the future.
    """
    _check(items, now)
    newest = dict[Hashable, Item]()
    for item in items:
        known = newest.get(key(item))
        if known is None or item.as_of > known.as_of:
            newest[key(item)] = item
    return list(newest.values())


def _check(items: Sequence[Dated], now: datetime) -> None:
    """Raises Invalid: too many, or one of the future."""
    if len(items) > ITEMS_MAX:
        raise Invalid(f"At most {ITEMS_MAX} items at once.", path="$.items")
    for place, item in enumerate(items):
        if item.as_of > now + CLOCKS_APART:
            raise Invalid("That moment is still to come.", path=f"$.items[{place}].asOf")


async def put(
    tx: Tx, statement: Prepared, creator: UUID, rows: list[dict[str, object]], given: int
) -> Written:
    """Write ``rows``, which are what is left of so many ``given``, by a statement of ``upsert``."""
    told = [{name: _utc(value) for name, value in row.items()} for row in rows]
    written = int(await statement.value(tx, user=creator, rows=as_json(told)))
    return Written(written=written, ignored=given - written)


def _utc(value: object) -> object:
    """PostgreSQL reads no moment of a zone that is sixteen hours or more from UTC."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def upsert(table: str, key: tuple[str, ...], columns: dict[str, str]) -> Prepared:
    """The statement that writes ``:rows`` of ``:user`` and counts those it has written. Rows are
    locked in the order of their names, so that two requests cannot wait for each other."""
    names, own = ", ".join(columns), ", ".join(name for name in key if name != "user_id")
    kinds = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in (*key, "id"))
    return Prepared(f"""
WITH put AS (
  INSERT INTO {table} (user_id, {names})
  SELECT CAST(:user AS uuid), {names}
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given ({kinds}) ORDER BY {own}
  ON CONFLICT ({", ".join(key)}) DO UPDATE SET {changes} WHERE {table}.as_of < excluded.as_of
  RETURNING 1
)
SELECT count(*) FROM put
""")  # noqa: S608 - tables and columns are ours


_CAMPAIGNS = upsert(
    "marketing_campaigns",
    ("user_id", "external_id"),
    {
        "id": "uuid",
        "external_id": "text",
        "name": "text",
        "platform": "text",
        "status": "text",
        "starts_at": "timestamptz",
        "ends_at": "timestamptz",
        "spent": "bigint",
        "revenue": "bigint",
        "sent": "bigint",
        "opened": "bigint",
        "clicked": "bigint",
        "converted": "bigint",
        "as_of": "timestamptz",
    },
)

_STATS = upsert(
    "user_stats",
    ("user_id", "day", "platform"),
    {
        "day": "date",
        "platform": "text",
        "received": "bigint",
        "answered": "bigint",
        "revenue": "bigint",
        "as_of": "timestamptz",
    },
)

_SUBSCRIPTIONS = upsert(
    "fan_subscriptions",
    ("user_id", "platform", "external_id"),
    {
        "platform": "text",
        "external_id": "text",
        "fan_id": "text",
        "price": "bigint",
        "started_at": "timestamptz",
        "ended_at": "timestamptz",
        "as_of": "timestamptz",
    },
)
