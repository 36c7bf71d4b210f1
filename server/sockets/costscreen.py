"""One subscription of live costs, as all who watch it see it.

Each part and each point remembers the watermark with which it last changed, so that what anybody
lacks is known from the watermark alone: who reads slowly gets one update that is whole, and nothing
is kept for them. Whoever has the same watermark gets the same bytes, encoded once.
"""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from billing.costboard import Board
from billing.costs import LiveCosts
from billing.costviews import Query, View
from server.domain.clock import Clock
from server.domain.money import usd_text
from server.protocol.codec import encode
from server.protocol.feed import FeedAlert, FeedSeries, FeedSnapshot, FeedUpdate
from server.sockets import costframes

LOOK_S = 1.0
"""Between two looks at a window that stands: each adds it up anew."""

LOOK_REST = 50
"""Times the length of a look that passes before the next: a busy day takes long to add up."""

PAST_S = 30.0
"""How long a window long past is shown as it was read, to whoever asks for it anew."""

_HEAD = b'{"type":"feed.snapshot","re":""'


class Screen:
    """``open`` first. ``mark`` is the watermark that it shows, as of the last ``refresh``."""

    def __init__(self, costs: LiveCosts, query: Query, clock: Clock) -> None:
        self.query = query
        self.mark = 0
        self._costs = costs
        self._clock = clock
        self._board: Board
        self._generation = 0
        self._look_at = 0.0
        self._read_at = 0.0
        self._past: View | None = None
        self._parts: dict[str, tuple[int, Any]] = {}
        self._groups: list[Any] = []
        self._points: OrderedDict[tuple[str, int], tuple[int, str]] = OrderedDict()
        self._start = 0
        self._step = 1
        self._cut = 0  # who has less than that needs a snapshot
        self._updates: dict[int, bytes | None] = {}
        self._snapshots: dict[int, bytes] = {}

    async def open(self) -> None:
        """Raises ServiceUnavailable: a window long past is read from the database."""
        await self.renew()
        await self.begin()

    async def renew(self) -> None:
        """Read a window long past again, unless that was a short while ago: it may last still. What
        is found shows with the next ``refresh``.

        Raises ServiceUnavailable.
        """
        now = self._clock().timestamp()
        if not self._costs.reaches(self.query) and now - self._read_at >= PAST_S:
            self._past = await self._costs.past(self.query)
            self._read_at = now

    def close(self) -> None:
        self._costs.close(self._board)

    @property
    def is_over(self) -> bool:
        """The figures began again, and so must this."""
        return self._generation != self._costs.generation

    async def begin(self) -> None:
        """Everything anew."""
        rolling = self.query
        if rolling.seconds is None:  # its totals are of now, whatever it looks at
            rolling = Query(group_by=self.query.group_by, filters=self.query.filters)
        generation = self._costs.generation
        self._board = await self._costs.board(rolling)
        self._generation = generation
        self.mark = self._cut = self._costs.watermark
        if self._costs.reaches(self.query):
            self._points.clear()
            self._start, self._look_at = 0, 0.0
        self._look()

    def refresh(self) -> None:
        """Show what is known now."""
        if self.mark != self._costs.watermark and not self.is_over:
            self.mark = self._costs.watermark
            self._look()

    def _look(self) -> None:
        self._updates, self._snapshots = {}, {}
        board = self._board
        self._put("totals", costframes.totals(board.totals()))
        self._put("running", costframes.running(board.running(self._costs.running)))
        if self.query.seconds is not None:
            self._put("errors", costframes.errors(board.errors()))
            self._put_groups(board.groups())
            self._put("group_count", board.group_count())
            self._put("dearest", [costframes.dearest(cost) for cost in board.dearest()])
            self._step = board.step
            curves = board.curves()
            self._forget_before(board.window_start(), board.step)
            self._draw(curves.points, is_whole=curves.is_whole)
        elif self._past is not None:
            self._put_window(self._past)
            self._past = None
        elif self._costs.reaches(self.query):
            began = time.monotonic()
            if began >= self._look_at:
                self._put_window(self._costs.view(self.query))
                now = time.monotonic()
                self._look_at = now + max(LOOK_S, (now - began) * LOOK_REST)

    def _put_window(self, view: View) -> None:
        if view.step != self._step:
            self._step, self._cut = view.step, self.mark
        self._put("errors", costframes.errors(view.errors))
        self._put_groups(view.groups)
        self._put("group_count", view.group_count)
        self._put("dearest", [costframes.dearest(cost) for cost in view.dearest])
        self._draw({series.key: dict(series.points) for series in view.series}, is_whole=True)

    def _put(self, name: str, value: Any) -> None:
        known = self._parts.get(name)
        if known is None or known[1] != value:
            self._parts[name] = (self.mark, value)

    def _put_groups(self, groups: list[Any]) -> None:
        """Texts are made of those that changed only: there are many, and most rest."""
        named = [(group, self._costs.name_of(group.key)) for group in groups]
        if named != self._groups or "groups" not in self._parts:
            self._groups = named
            self._put("groups", [costframes.group(group, name) for group, name in named])

    def _forget_before(self, start: int, step: int) -> None:
        """Points that have left the window, which everybody knows who knows the time."""
        first = start - start % step
        if self._start and first > self._start:
            keys = {key for key, _ in self._points}
            for second in range(self._start, min(first, self._start + 2 * 86_400), step):
                for key in keys:
                    self._points.pop((key, second), None)
        self._start = first

    def _draw(self, curves: Mapping[str, Mapping[int, int]], *, is_whole: bool) -> None:
        if is_whole:
            gone = [
                (key, second) for key, second in self._points if second not in curves.get(key, ())
            ]
            for point in gone:
                del self._points[point]
            if gone:
                self._cut = self.mark  # an update has no words for what is taken back
        for key, points in curves.items():
            for second, usd in points.items():
                text, known = usd_text(usd), self._points.get((key, second))
                if known is None or known[1] != text:
                    self._points[key, second] = (self.mark, text)
                    self._points.move_to_end((key, second))

    def since(self, base: int) -> bytes | None:
        """What somebody lacks who has seen ``base``; None: nothing. Only for who ``follows``."""
        if base not in self._updates:
            update = self._update(base)
            self._updates[base] = encode(update) if costframes.says_anything(update) else None
        return self._updates[base]

    def follows(self, base: int) -> bool:
        """Whether an update can say what came after ``base``; a snapshot can in any case."""
        return base >= self._cut

    def _update(self, base: int) -> FeedUpdate:
        points: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for (key, second), (mark, text) in reversed(self._points.items()):
            if mark <= base:
                break
            points[key].append((second, text))
        series = [FeedSeries(key=key, points=sorted(news)) for key, news in points.items()]
        return FeedUpdate(
            watermark=self.mark,
            series=series or UNSET,
            **{name: value for name, (mark, value) in self._parts.items() if mark > base},
        )

    def snapshot(self, re: str, alerts: list[FeedAlert], alerts_mark: int) -> bytes:
        """Everything, in answer to ``re``; ``alerts`` as of ``alerts_mark``."""
        if alerts_mark not in self._snapshots:
            self._snapshots = {alerts_mark: encode(self._whole(alerts))}
        body = self._snapshots[alerts_mark]
        return b'{"type":"feed.snapshot","re":' + encode(re) + body[len(_HEAD) :]

    def _whole(self, alerts: list[FeedAlert]) -> FeedSnapshot:
        points: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for (key, second), (_, text) in self._points.items():
            points[key].append((second, text))
        return FeedSnapshot(
            re="",
            watermark=self.mark,
            step_seconds=self._step,
            series=[FeedSeries(key=key, points=sorted(points[key])) for key in sorted(points)],
            alerts=alerts,
            **{name: value for name, (_, value) in self._parts.items()},
        )
