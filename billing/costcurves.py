"""Curves of a window: who has one, and which of their points have changed. Pure."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from billing.costbook import OTHER, Cell
from billing.costviews import OTHERS, SERIES_MAX
from server.domain.money import NanoUsd

Name: TypeAlias = UUID | str
"""Of a group: what its key has in that dimension."""

REDRAW_S = 2
"""For so long the groups that have a curve keep it, and longer until another one is dearer than the
least of them by a tenth: none is to flicker, and everybody needs a snapshot when one goes."""

NAMED_MAX = 32
"""Groups of a step that keep their name in the curve once it is over: its dearest, and those that
are drawn. A day by creator takes 4 MB at the very worst."""


class Curves(Struct, frozen=True, kw_only=True):
    """Points of curves by key and the first second of their step. ``is_whole``: these are all the
    points there are; else those that changed since the last time."""

    is_whole: bool
    points: dict[str, dict[int, NanoUsd]]


class Drawing:
    """Dollars of each step by group, of which the dearest groups are drawn."""

    def __init__(self) -> None:
        self._steps: dict[int, dict[Name, int]] = {}
        self._open: set[int] = set()  # steps that have all their names
        self._changed: set[int] = set()
        self._drawn: list[Name] = []
        self._drawn_at = 0

    def add(self, bucket: int, name: Name, usd: int) -> None:
        """Count in the step that begins at ``bucket``."""
        step = self._steps.get(bucket)
        if step is None:
            step = self._steps[bucket] = {}
            self._open.add(bucket)
        step[name] = step.get(name, 0) + usd
        self._changed.add(bucket)

    def leave(self, bucket: int) -> None:
        """That step has left the window."""
        self._steps.pop(bucket, None)
        self._open.discard(bucket)

    def close(self, until: int) -> None:
        """Steps that began at ``until`` or before are over: of each only the dearest groups, and
        those that are drawn, are told apart any longer."""
        for bucket in [bucket for bucket in self._open if bucket <= until]:
            self._open.discard(bucket)
            step = self._steps[bucket]
            if len(step) > NAMED_MAX:
                kept = dict(heapq.nlargest(NAMED_MAX, step.items(), key=lambda item: item[1]))
                kept |= {name: step[name] for name in self._drawn if name in step}
                rest = sum(step.values()) - sum(kept.values())
                kept[OTHERS] = kept.get(OTHERS, 0) + rest
                self._steps[bucket] = kept

    def curves(self, sums: Mapping[Name, Cell], now: int) -> Curves:
        """A curve for each of the dearest groups of the window, whose ``sums`` these are, and one
        for all others: what changed since the last time, or all if others are the dearest now."""
        is_whole = self._choose(sums, now)
        steps = sorted(self._steps if is_whole else self._changed)
        self._changed = set()
        return Curves(is_whole=is_whole, points=self._points(steps))

    def _choose(self, sums: Mapping[Name, Cell], now: int) -> bool:
        """Whether other groups are drawn than before."""
        is_full = len(self._drawn) >= min(SERIES_MAX, len(sums))
        if is_full and now - self._drawn_at < REDRAW_S:
            return False
        order = heapq.nsmallest(SERIES_MAX, sums, key=lambda name: (-sums[name].usd, name))
        self._drawn_at = now
        news = [sums[name].usd for name in order if name not in self._drawn]
        least = min((sums[name].usd if name in sums else 0 for name in self._drawn), default=0)
        if not news or (is_full and max(news) * 10 <= least * 11):
            return False
        self._drawn = order
        return True

    def _points(self, steps: Iterable[int]) -> dict[str, dict[int, NanoUsd]]:
        keys = {name: text_of(name) for name in self._drawn}
        points: defaultdict[str, dict[int, NanoUsd]] = defaultdict(dict)
        for bucket in steps:
            rest, is_rest = 0, False
            for name, usd in self._steps.get(bucket, {}).items():
                key = keys.get(name)
                if key is None or key == OTHERS:
                    rest, is_rest = rest + usd, True
                else:
                    points[key][bucket] = NanoUsd(usd)
            if is_rest:
                points[OTHERS][bucket] = NanoUsd(rest)
        return dict(points)


def text_of(name: Name) -> str:
    """The key of a group on the wire."""
    return OTHERS if name == OTHER.creator else str(name)
