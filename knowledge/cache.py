"""What was lately recalled, kept in memory until somebody says that it has changed.

Whoever reads takes a ``Place`` first: what changed meanwhile takes the place away, and what was
read from before the change is not kept.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from uuid import UUID

KEPT_S = 10.0
"""A change is told within milliseconds. What nobody was told of (its writer died before it could)
is noticed after so long."""

OWNERS = 1_000
EACH = 20
"""Requests of one owner: what their agents asked for in the last seconds."""

Value = TypeVar("Value")


class Place(Generic[Value]):
    """For one value; ``value`` is there once it was put."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.value: Value | None = None


class RecallCache(Generic[Value]):
    """By owner and request. ``now`` answers seconds that only grow."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._owners: OrderedDict[UUID, OrderedDict[Hashable, Place[Value]]] = OrderedDict()

    def get(self, owner: UUID, request: Hashable) -> Value | None:
        """None: not known, or for too long."""
        requests = self._owners.get(owner)
        place = None if requests is None else requests.get(request)
        if place is None or place.at + KEPT_S <= self._now():
            return None
        return place.value

    def reserve(self, owner: UUID, request: Hashable) -> Place[Value]:
        """Before reading: where to put what is read. Pushes out who asked longest ago."""
        place = Place[Value](self._now())
        requests = self._owners.setdefault(owner, OrderedDict())
        self._owners.move_to_end(owner)
        requests[request] = place
        requests.move_to_end(request)
        if len(requests) > EACH:
            requests.popitem(last=False)
        if len(self._owners) > OWNERS:
            self._owners.popitem(last=False)
        return place

    def drop(self, owner: UUID) -> None:
        """Something of theirs has changed."""
        self._owners.pop(owner, None)

    def clear(self) -> None:
        """Nobody knows what has changed, or it concerns all."""
        self._owners.clear()
