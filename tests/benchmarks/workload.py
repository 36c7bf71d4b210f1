"""What a workload is: its goals, and one measurement of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from msgspec import Struct

from tests.benchmarks.rig import Rig


class Goal(Struct, frozen=True):
    """``key`` is ``g5`` or, where a goal has several figures, ``g5.p99``; ``digits`` stand behind
    the decimal point where it is shown."""

    key: str
    what: str
    unit: str
    target: float
    better: Literal["more", "less"]
    digits: int = 0

    def is_reached(self, value: float) -> bool:
        return value >= self.target if self.better == "more" else value <= self.target


class Point(Struct, frozen=True):
    """One contestant under so many paced streams, for the picture. A p99 of None: it could not
    bear them."""

    contestant: str
    streams: int
    p99_ms: float | None
    cpu_us_per_token: float | None


class Measured(Struct, frozen=True):
    """What one measurement of a workload found: by goal, each contestant's figure. A contestant
    that did not answer everybody is left out where that would flatter it."""

    figures: Mapping[str, Mapping[str, float]]
    points: tuple[Point, ...] = ()


class Workload(Struct, frozen=True):
    """``measure`` is called as often as figures are wanted, with everything up and nobody busy."""

    name: str
    goals: tuple[Goal, ...]
    measure: Callable[[Rig], Awaitable[Measured]]
