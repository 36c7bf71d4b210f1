"""Which alerts are open, and what to tell whom of them: encoded once for all who watch."""

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct

from billing.alerts import Alert
from server.protocol.codec import encode
from server.protocol.feed import AlertClosed, AlertOpened, AlertUpdated, FeedAlert

CLOSED_MAX = 100
"""Closings that are remembered for who reads slowly; whoever missed more needs a snapshot."""


class _Known(Struct, frozen=True):
    alert: FeedAlert
    opened: int
    changed: int


class AlertNews:
    """Open alerts as of ``mark``, a watermark. One that was closed never opens again."""

    def __init__(self) -> None:
        self.mark = 0
        self._open: dict[UUID, _Known] = {}
        self._closed: OrderedDict[UUID, tuple[int, int]] = OrderedDict()  # opened, closed
        self._forgotten = 0
        self._frames: dict[int, list[bytes]] = {}

    @property
    def alerts(self) -> list[FeedAlert]:
        return [known.alert for known in self._open.values()]

    def refresh(self, alerts: Iterable[Alert], mark: int) -> None:
        """These are open now, by ``mark``."""
        found: dict[UUID, _Known] = {}
        for one in alerts:
            alert, known = feed_alert(one), self._open.get(one.id)
            if known is None:
                found[one.id] = _Known(alert, mark, mark)
            elif known.alert != alert:
                found[one.id] = _Known(alert, known.opened, mark)
            else:
                found[one.id] = known
        for gone in self._open.keys() - found.keys():
            self._closed[gone] = (self._open[gone].opened, mark)
        while len(self._closed) > CLOSED_MAX:
            _, (_, self._forgotten) = self._closed.popitem(last=False)
        self._open, self.mark, self._frames = found, mark, {}

    def follows(self, base: int) -> bool:
        """Whether everything after ``base`` is remembered."""
        return base >= self._forgotten

    def since(self, base: int) -> list[bytes]:
        """What somebody lacks who has heard everything up to ``base``."""
        if base not in self._frames:
            opened = [
                encode(AlertOpened(alert=known.alert))
                if known.opened > base
                else encode(AlertUpdated(alert=known.alert))
                for known in self._open.values()
                if known.changed > base
            ]
            closed = [
                encode(AlertClosed(id=id_))
                for id_, (began, ended) in self._closed.items()
                if began <= base < ended
            ]
            self._frames[base] = closed + opened
        return self._frames[base]


def feed_alert(alert: Alert) -> FeedAlert:
    return FeedAlert(
        id=alert.id,
        severity=alert.severity,
        scope=alert.scope,
        scope_kind=alert.scope_kind,
        scope_key=alert.scope_key,
        observed=alert.observed,
        usual=alert.usual,
        since=alert.since,
        explanation=alert.explanation,
        acknowledged=alert.acknowledged_at is not None,
        paused=alert.is_paused,
    )
