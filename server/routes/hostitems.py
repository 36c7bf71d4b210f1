"""What a host application sends of a creator: bodies, and what they mean."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, TypeAlias, TypeVar

from msgspec import Meta, Struct

from knowledge.hostdata import (
    ITEMS_MAX,
    Campaign,
    Count,
    DayStats,
    FanSubscription,
    Platform,
)
from knowledge.platforms import PlatformAccount, Tokens
from server.domain.errors import Invalid
from server.domain.texts import HostId, Line
from server.protocol.moments import check_moments
from server.routes.amounts import usd

Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
Usd: TypeAlias = Annotated[str, Meta(min_length=1, max_length=40)]
Token: TypeAlias = Annotated[str, Meta(min_length=1, max_length=8_192)]

Sent = TypeVar("Sent", bound=Struct)
Meant = TypeVar("Meant")


class AccountItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """An account on a platform, as of the host's moment ``asOf``. Tokens that are absent are
    forgotten."""

    platform: Platform
    external_id: HostId
    name: Line
    scopes: Annotated[tuple[Line, ...], Meta(max_length=50)] = ()
    access_token: Token | None = None
    refresh_token: Token | None = None
    expires_at: Moment | None = None
    as_of: Moment

    def __repr__(self) -> str:
        return f"AccountItem({self.platform!r}, {self.external_id!r})"  # never the tokens


class CampaignItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A campaign with its totals as of ``asOf``. ``status`` "active": it runs."""

    external_id: HostId
    name: Line
    platform: Platform
    status: Line
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    spent_usd: Usd = "0"
    revenue_usd: Usd = "0"
    sent: Count = 0
    opened: Count = 0
    clicked: Count = 0
    converted: Count = 0
    as_of: Moment


class StatsItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One day (UTC) of one platform as of ``asOf``: messages of fans, and those of them that were
    answered."""

    day: date
    platform: Platform
    received: Count
    answered: Count
    revenue_usd: Usd
    as_of: Moment


class SubscriptionItem(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """A fan's subscription as of ``asOf``. ``priceUsd``: a month's. ``endedAt`` null: it goes
    on."""

    platform: Platform
    external_id: HostId
    fan_id: HostId
    price_usd: Usd
    started_at: Moment
    ended_at: Moment | None = None
    as_of: Moment


class PutAccounts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: Annotated[list[AccountItem], Meta(max_length=ITEMS_MAX)]


class PutCampaigns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: Annotated[list[CampaignItem], Meta(max_length=ITEMS_MAX)]


class PutStats(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: Annotated[list[StatsItem], Meta(max_length=ITEMS_MAX)]


class PutSubscriptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: Annotated[list[SubscriptionItem], Meta(max_length=ITEMS_MAX)]


def accounts(items: Sequence[AccountItem]) -> list[PlatformAccount]:
    """Raises Invalid: a moment that is none in UTC."""
    return _meant(items, _account)


def campaigns(items: Sequence[CampaignItem]) -> list[Campaign]:
    """Raises Invalid: a moment that is none in UTC, or no amount."""
    return _meant(items, _campaign)


def stats(items: Sequence[StatsItem]) -> list[DayStats]:
    """Raises Invalid: a moment that is none in UTC, or no amount."""
    return _meant(items, _day)


def subscriptions(items: Sequence[SubscriptionItem]) -> list[FanSubscription]:
    """Raises Invalid: a moment that is none in UTC, or no amount."""
    return _meant(items, _subscription)


def _meant(items: Sequence[Sent], mean: Callable[[Sent], Meant]) -> list[Meant]:
    meant = []
    for place, item in enumerate(items):
        with _at(place):
            meant.append(mean(check_moments(item)))
    return meant


@contextmanager
def _at(place: int) -> Iterator[None]:
    """Says of which item it is that a field is wrong."""
    try:
        yield
    except Invalid as error:
        field = (error.path or "$").removeprefix("$")
        raise Invalid(error.message, path=f"$.items[{place}]{field}") from None


def _account(item: AccountItem) -> PlatformAccount:
    return PlatformAccount(
        platform=item.platform,
        external_id=str(item.external_id),
        name=item.name,
        scopes=item.scopes,
        tokens=Tokens(
            access_token=item.access_token,
            refresh_token=item.refresh_token,
            expires_at=item.expires_at,
        ),
        as_of=item.as_of,
    )


def _campaign(item: CampaignItem) -> Campaign:
    return Campaign(
        external_id=str(item.external_id),
        name=item.name,
        platform=item.platform,
        status=item.status,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        spent=usd(item.spent_usd, "$.spentUsd"),
        revenue=usd(item.revenue_usd, "$.revenueUsd"),
        sent=item.sent,
        opened=item.opened,
        clicked=item.clicked,
        converted=item.converted,
        as_of=item.as_of,
    )


def _day(item: StatsItem) -> DayStats:
    return DayStats(
        day=item.day,
        platform=item.platform,
        received=item.received,
        answered=item.answered,
        revenue=usd(item.revenue_usd, "$.revenueUsd"),
        as_of=item.as_of,
    )


def _subscription(item: SubscriptionItem) -> FanSubscription:
    return FanSubscription(
        platform=item.platform,
        external_id=str(item.external_id),
        fan_id=str(item.fan_id),
        price=usd(item.price_usd, "$.priceUsd"),
        started_at=item.started_at,
        ended_at=item.ended_at,
        as_of=item.as_of,
    )
