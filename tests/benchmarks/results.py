"""Measurements of all workloads, gathered: by goal and contestant, each with its spread."""

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from tests.benchmarks.disturbance import Disturbance, worst
from tests.benchmarks.figures import Spread, spread
from tests.benchmarks.workload import Goal, Measured, Point


class GoalResult(Struct, frozen=True):
    """One goal: what each contestant reached, and what disturbed it (the worst of all runs)."""

    goal: Goal
    figures: Mapping[str, Spread]
    disturbed: Disturbance | None


class Results:
    """Grows while the bench runs."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._goals: dict[str, Goal] = {}
        self._values: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._disturbed: defaultdict[str, list[Disturbance]] = defaultdict(list)

    def add(
        self, goals: tuple[Goal, ...], measured: Measured, disturbed: list[Disturbance]
    ) -> None:
        """One measurement of a workload with these goals."""
        self.points += measured.points
        for goal in goals:
            self._goals[goal.key] = goal
            self._disturbed[goal.key] += disturbed
            for contestant, value in measured.figures[goal.key].items():
                self._values[goal.key][contestant].append(value)

    def goals(self) -> list[GoalResult]:
        """In the order of their keys."""
        return [
            GoalResult(
                goal=self._goals[key],
                figures={name: spread(found) for name, found in self._values[key].items()},
                disturbed=worst(self._disturbed[key]),
            )
            for key in sorted(self._goals)
        ]
