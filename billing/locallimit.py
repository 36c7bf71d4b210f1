"""The limiter of one process, for as long as Redis is away and admission must go on."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import structs

from billing.windows import SLOTS_SCOPE, Remaining, Slots, Told, Window, refusal, untold

KEYS_MAX = 10_000
"""Logs kept: an outage is short, and whoever is forgotten starts anew."""


class LocalLimiter:
    """Sliding logs in memory. Each process admits its share: limit ÷ processes, at least one."""

    def __init__(self) -> None:
        self._logs: OrderedDict[tuple[str, str], dict[str, datetime]] = OrderedDict()

    def admit(
        self,
        now: datetime,
        *,
        member: str,
        windows: Sequence[Window],
        slots: Slots | None,
        processes: int,
        told: Told = untold,
    ) -> list[Remaining]:
        """As ``Limiter.admit``: all or nothing, refusals and repeated members not counted."""
        asked: list[tuple[str, str, int, timedelta, int | None]] = [
            (w.scope, w.name, w.limit, timedelta(seconds=w.seconds), w.seconds) for w in windows
        ]
        if slots is not None:
            lease = timedelta(seconds=slots.lease_s)
            asked.append((SLOTS_SCOPE, str(slots.user_id), slots.limit, lease, None))
        before, after, refused = [], [], None
        for scope, name, limit, span, seconds in asked:
            share = max(1, limit // processes)
            log = self._log(scope, name, now)
            fresh = member not in log
            count = len(log) + fresh
            ends = sorted(log.values())
            stood = Remaining(
                scope=scope,
                limit=share,
                remaining=max(0, share - count),
                resets_at=ends[max(0, count - share - 1)] if ends else now + span,
                fresh=fresh,
                seconds=seconds,
            )
            after.append(stood)
            before.append(structs.replace(stood, remaining=max(0, share - len(log))))
            if count > share and fresh and refused is None:
                refused = stood
        told(after if refused is None else before)
        if refused is not None:
            raise refusal(refused, now)
        for (scope, name, _, span, _), stood in zip(asked, after, strict=True):
            if stood.fresh or scope == SLOTS_SCOPE:
                self._log(scope, name, now)[member] = now + span
        return after

    def withdraw(self, member: str, windows: Sequence[Window], slots: Slots | None) -> None:
        """Give back what a request took."""
        for window in windows:
            self._logs.get((window.scope, window.name), {}).pop(member, None)
        if slots is not None:
            self.free_slot(str(slots.user_id), member)

    def free_slot(self, user: str, member: str) -> None:
        self._logs.get((SLOTS_SCOPE, user), {}).pop(member, None)

    def clear(self) -> None:
        """Redis counts again: what was counted here is over."""
        self._logs.clear()

    def _log(self, scope: str, name: str, now: datetime) -> dict[str, datetime]:
        """One log without what has ended: member to the moment at which it stops counting."""
        log = self._logs.setdefault((scope, name), {})
        self._logs.move_to_end((scope, name))
        for member in [member for member, end in log.items() if end <= now]:
            del log[member]
        if len(self._logs) > KEYS_MAX:
            self._logs.popitem(last=False)
        return log
