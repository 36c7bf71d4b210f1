"""``recorded.json``: the figures that the documentation shows, and now's held against them."""

import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct, json, structs

from tests.benchmarks.contestants import OURS
from tests.benchmarks.figures import Spread
from tests.benchmarks.results import GoalResult
from tests.benchmarks.table import number
from tests.benchmarks.workload import Goal, Point

PATH = Path(__file__).with_name("recorded.json")

PACKAGES = ("uvicorn", "websockets", "uvloop", "starlette", "openai", "httpx2", "asyncpg")

MOVED = 0.2
"""A figure that moved by more than this share is told: above what a busy machine does to it."""


class Machine(Struct, frozen=True):
    """What the figures are of; nothing that says whose machine it is."""

    cpu: str
    cores: int
    system: str
    python: str
    packages: dict[str, str]
    pinned: str


class Recorded(Struct, frozen=True):
    """``measured`` says when each goal was, by its key."""

    machine: Machine
    measured: dict[str, date]
    goals: list[GoalResult]
    points: list[Point]


def machine(pinned: str) -> Machine:
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        pinned=pinned,
    )


def _cpu() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def read(path: Path = PATH) -> Recorded | None:
    """What was recorded last; None where nothing was."""
    return json.decode(path.read_bytes(), type=Recorded) if path.exists() else None


def write(recorded: Recorded, path: Path = PATH) -> None:
    path.write_bytes(json.format(json.encode(recorded), indent=1) + b"\n")


def merged(
    before: Recorded | None,
    of: Machine,
    today: date,
    goals: Sequence[GoalResult],
    points: Sequence[Point],
) -> Recorded:
    """What is measured now in its place; what was not measured, goal or contestant, stays."""
    if before is None:
        return Recorded(of, {one.goal.key: today for one in goals}, [*goals], [*points])
    old = {one.goal.key: one for one in before.goals}
    for one in goals:
        kept: Mapping[str, Spread] = old[one.goal.key].figures if one.goal.key in old else {}
        old[one.goal.key] = structs.replace(one, figures={**kept, **one.figures})
    seen = {point.contestant for point in points}
    return Recorded(
        machine=of,
        measured={**before.measured, **{one.goal.key: today for one in goals}},
        goals=[old[key] for key in sorted(old)],
        points=[*(point for point in before.points if point.contestant not in seen), *points],
    )


def moved(before: Recorded | None, goals: Iterable[GoalResult]) -> list[str]:
    """A line for each figure of ours that is more than ``MOVED`` better or worse than recorded."""
    if before is None:
        return []
    old = {one.goal.key: one.figures.get(OURS) for one in before.goals}
    lines = []
    for one in goals:
        was, found = old.get(one.goal.key), one.figures.get(OURS)
        if was is None or found is None:
            continue
        line = _moved(one.goal, was.median, found.median)
        if line:
            lines.append(f"{line} (recorded {before.measured[one.goal.key]})")
    return lines


def _moved(goal: Goal, was: float, now: float) -> str:
    if was == now or (was and abs(now / was - 1) <= MOVED):
        return ""
    word = "better" if (now > was) == (goal.better == "more") else "WORSE"
    share = f"{abs(now / was - 1):.0%} " if was else ""
    return f"{goal.key}: {share}{word}, {number(goal, now)} instead of {number(goal, was)}"
