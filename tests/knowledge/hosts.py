"""What a host application tells, to test with."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from knowledge import store
from knowledge.campaigns import link
from knowledge.hostdata import (
    Campaign,
    DayStats,
    FanSubscription,
    put_campaigns,
    put_stats,
    put_subscriptions,
)
from knowledge.platforms import PlatformAccount, Tokens, put_accounts
from server.accounts.sealing import Sealer
from server.domain.ids import new_id
from server.domain.money import NANOS_PER_USD, NanoUsd
from server.persistence.database import Database
from tests.knowledge.scene import new
from tests.server.accounts.people import START


def usd(amount: float) -> NanoUsd:
    return NanoUsd(round(amount * NANOS_PER_USD))


def campaign(external_id: str = "spring", as_of: datetime = START, **fields: Any) -> Campaign:
    values: dict[str, Any] = {
        "name": external_id.title(),
        "platform": "onlyfans",
        "status": "active",
        **fields,
    }
    return Campaign(external_id=external_id, as_of=as_of, **values)


def day(of: date, received: int = 10, answered: int = 5, **fields: Any) -> DayStats:
    values = {"platform": "onlyfans", "revenue": usd(1), "as_of": START, **fields}
    return DayStats(day=of, received=received, answered=answered, **values)


def subscription(external_id: str, price: float = 10, **fields: Any) -> FanSubscription:
    values = {
        "platform": "onlyfans",
        "fan_id": "fan-1",
        "started_at": START,
        "as_of": START,
        **fields,
    }
    return FanSubscription(external_id=external_id, price=usd(price), **values)


def account(external_id: str = "ada", **fields: Any) -> PlatformAccount:
    values = {
        "platform": "instagram",
        "name": "Ada",
        "scopes": ("read",),
        "tokens": Tokens(access_token="a-token", refresh_token="r-token"),
        "as_of": START,
        **fields,
    }
    return PlatformAccount(external_id=external_id, **values)


async def hosted(database: Database, who: UUID) -> None:
    """Some of everything that is kept of a creator here."""
    now, names = START + timedelta(minutes=1), "ecabd"
    days = [
        day(date(2026, 3, number), platform=platform, as_of=START)
        for number in (3, 1, 2)
        for platform in ("onlyfans", "instagram")
    ]
    async with database.transaction() as tx:
        for number in range(5):
            learned = await store.add(tx, new_id(), who, new(f"Fact {number}."), now)
        await put_accounts(tx, who, [account()], now, Sealer("x" * 40))
        await put_campaigns(tx, who, [campaign(name, spent=usd(1.5)) for name in names], now)
        await link(tx, who, "b", learned.id)
        await put_stats(tx, who, days, now)
        await put_subscriptions(tx, who, [subscription(name, 4.99) for name in names], now)
