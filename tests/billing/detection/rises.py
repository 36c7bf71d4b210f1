"""Made-up windows of the last hour, for tests of what is judged by them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from billing.costbook import Key
from billing.detection.baselines import Baseline
from billing.detection.recent import SLOT_S, Recent, Slot, Sum

CENT = 10_000_000


def creator(number: int) -> UUID:
    return UUID(int=number)


def key(number: int = 1, feature: str = "chat", **more: str) -> Key:
    fields = {"agent": "assistant", "model": "demo/small", "provider": "demo", **more}
    return Key(creator(number), feature, fields["agent"], fields["model"], fields["provider"])


def usual(calls: float, cost: int = CENT, **changes: float) -> Baseline:
    """So many calls in a usual hour, each of which costs ``cost``."""
    fields = {"spread": 0.15, "calls_spread": 0.15, "call_spread": 0.15, "jump": float(cost)}
    return Baseline(basis="weekday", usd=calls * cost, calls=calls, **{**fields, **changes})


def sums(calls: int, cost: int = CENT, *, failed: int = 0) -> Sum:
    return Sum(usd=calls * cost, calls=calls, failed=failed, squares=float(calls * cost * cost))


def filled(now: datetime, per_minute: Mapping[Key, list[Sum]]) -> Recent:
    """What each key did in each of the last minutes, the newest last."""
    recent, slots = Recent(), []
    for one, minutes in per_minute.items():
        for ago, minute in enumerate(reversed(minutes), 1):
            second = int((now - timedelta(minutes=ago)).timestamp()) // SLOT_S * SLOT_S
            slots.append(Slot(second, one, minute))
    recent.take(recent.since(now), slots, now)
    return recent
