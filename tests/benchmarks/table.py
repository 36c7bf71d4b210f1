"""The one table: goal, target, our figure, how it compares, and what disturbed it."""

from collections.abc import Iterable, Sequence

from tests.benchmarks.contestants import CEILING, OURS
from tests.benchmarks.figures import Spread
from tests.benchmarks.results import GoalResult
from tests.benchmarks.workload import Goal

HEAD = ("goal", "target", "median (least to most)", "beside it", "reached", "n", "disturbance")


def number(goal: Goal, value: float) -> str:
    return f"{value:,.{goal.digits}f}"


def _figure(goal: Goal, found: Spread) -> str:
    least, most = number(goal, found.least), number(goal, found.most)
    middle = number(goal, found.median)
    return middle if least == most else f"{middle} ({least} to {most})"


def ratio(goal: Goal, ours: float, theirs: float) -> str:
    """How many times better ours is; a dash where either is nothing."""
    if not ours or not theirs:
        return "—"
    times = ours / theirs if goal.better == "more" else theirs / ours
    return f"{times:.1f} times"


def _beside(result: GoalResult) -> str:
    ours = result.figures.get(OURS)
    said = []
    for name, found in result.figures.items():
        if name == OURS:
            continue
        shown = f"{name} {number(result.goal, found.median)}"
        if ours is not None and name != CEILING:
            shown += f" ({ratio(result.goal, ours.median, found.median)})"
        said.append(shown)
    return "; ".join(said)


def row(result: GoalResult) -> list[str]:
    goal, ours = result.goal, result.figures.get(OURS)
    sign = "≥" if goal.better == "more" else "≤"
    return [
        f"{goal.key.upper().replace('.P', ' p')} {goal.what}, {goal.unit}",
        f"{sign} {number(goal, goal.target)}",
        "not borne" if ours is None else _figure(goal, ours),
        _beside(result) or "—",
        "yes" if ours is not None and goal.is_reached(ours.median) else "no",
        "0" if ours is None else str(ours.times),
        "—" if result.disturbed is None else str(result.disturbed),
    ]


def markdown(results: Iterable[GoalResult]) -> str:
    rows: list[Sequence[str]] = [HEAD, ["---"] * len(HEAD), *map(row, results)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def screen(results: Iterable[GoalResult], width: int = 44) -> str:
    """The same for a terminal: a block for each goal, what is beside it in lines below."""
    blocks = []
    for result in results:
        cells = dict(zip(HEAD, row(result), strict=True))
        lines = [
            f"{cells['goal']}",
            f"  target {cells['target']}   {cells['median (least to most)']}"
            f"   reached: {cells['reached']}   n={cells['n']}   [{cells['disturbance']}]",
            *(f"    {one}" for one in cells["beside it"].split("; ") if one != "—"),
        ]
        blocks.append("\n".join(lines))
    return "\n".join(blocks)
