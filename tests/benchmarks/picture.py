"""``docs/performance.svg``: lateness and cost of a token against the number of streams."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from msgspec import Struct

from tests.benchmarks.capacity import LATE_MS
from tests.benchmarks.contestants import OURS
from tests.benchmarks.workload import Point

WIDTH, HEIGHT = 900, 400
PANEL_WIDTH, PANEL_HEIGHT = 350, 260
TOP, LEFT, GAP = 50, 70, 90

COLOURS = ("#2f81f7", "#d1603d", "#b8860b", "#8a63d2", "#2da44e", "#d0509c", "#7d8590", "#1b9aaa")
"""Readable on white and on near-black alike."""

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.axis { stroke: #59636e; fill: none } .grid { stroke: #d1d9e0; fill: none }
.bound { stroke: #59636e; stroke-dasharray: 5 4; fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .axis, .bound { stroke: #9198a1 } .grid { stroke: #3d444d }
}
"""

Line = Sequence[tuple[float, float]]


class Axis(Struct, frozen=True):
    """From value to pixel along one side of a panel; ``ticks`` are the values written there."""

    ticks: tuple[float, ...]
    pixels: int
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        least, most = self.ticks[0], self.ticks[-1]
        value = min(max(value, least), most)
        if self.is_logarithmic:
            value, least, most = math.log(value), math.log(least), math.log(most)
        return (value - least) / (most - least) * self.pixels


def decades(values: Iterable[float]) -> tuple[float, ...]:
    """Powers of ten that enclose the values and the bound."""
    known = [value for value in values if value > 0] + [LATE_MS]
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    return tuple(10.0**power for power in range(low, high + 1))


def steps(values: Iterable[float]) -> tuple[float, ...]:
    """From nothing to above the highest, in four to eight round steps."""
    highest = max([*values, 1.0])
    size = 10 ** math.floor(math.log10(highest))
    step = next(size * part for part in (0.2, 0.5, 1, 2) if highest / (size * part) <= 7)
    return tuple(round(step * count, 6) for count in range(math.ceil(highest / step) + 1))


def lines(points: Iterable[Point], value: Callable[[Point], float | None]) -> dict[str, Line]:
    """By contestant: the median at each number of streams. Where one could not be measured its
    line has no point."""
    found: defaultdict[str, defaultdict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for point in points:
        measured = value(point)
        if measured is not None:
            found[point.contestant][point.streams].append(measured)
    return {
        name: [(streams, statistics.median(levels[streams])) for streams in sorted(levels)]
        for name, levels in found.items()
    }


def _panel(
    title: str, of: Mapping[str, Line], across: Axis, up: Axis, colours: Mapping[str, str]
) -> Iterable[str]:
    yield f'<text class="title" x="0" y="-18">{escape(title)}</text>'
    for tick in up.ticks:
        y = PANEL_HEIGHT - up.place(tick)
        yield f'<path class="grid" d="M0 {y:.1f}H{PANEL_WIDTH}"/>'
        yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
    for tick in across.ticks:
        x = across.place(tick)
        yield f'<text x="{x:.1f}" y="{PANEL_HEIGHT + 18}" text-anchor="middle">{tick:g}</text>'
    yield f'<path class="axis" d="M0 0V{PANEL_HEIGHT}H{PANEL_WIDTH}"/>'
    yield (
        f'<text x="{PANEL_WIDTH / 2}" y="{PANEL_HEIGHT + 38}" text-anchor="middle">'
        "streams of 50 tokens a second</text>"
    )
    for name, line in of.items():
        spots = [(across.place(x), PANEL_HEIGHT - up.place(y)) for x, y in line]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        colour = colours[name]
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots)


def _legend(colours: Mapping[str, str]) -> Iterable[str]:
    x = 0.0
    for name, colour in colours.items():
        yield f'<path d="M{x:.0f} -4h18" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{x + 24:.0f}" y="0">{escape(name)}</text>'
        x += 40 + 6.6 * len(name)


def svg(points: Sequence[Point]) -> str:
    """The whole picture. Without points: two empty panels."""
    late = lines(points, lambda point: point.p99_ms)
    cost = lines(points, lambda point: point.cpu_us_per_token)
    # Ours has the first colour whatever else was measured.
    names = sorted({*late, *cost}, key=lambda name: (name != OURS, name))
    colours = dict(zip(names, COLOURS, strict=False))
    across = Axis(steps(point.streams for point in points), PANEL_WIDTH)
    up_late = Axis(decades(y for line in late.values() for _, y in line), PANEL_HEIGHT, True)
    up_cost = Axis(steps(y for line in cost.values() for _, y in line), PANEL_HEIGHT)
    bound = PANEL_HEIGHT - up_late.place(LATE_MS)
    right = LEFT + PANEL_WIDTH + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Added latency and processor time of a token against streams</title>",
        f"<style>{STYLE}</style>",
        f'<g transform="translate({LEFT} {TOP})">',
        *_panel("added to a token, p99, ms (logarithmic)", late, across, up_late, colours),
        f'<path class="bound" d="M0 {bound:.1f}H{PANEL_WIDTH}"/>',
        f'<text x="{PANEL_WIDTH}" y="{bound - 5:.1f}" text-anchor="end">{LATE_MS:g} ms</text></g>',
        f'<g transform="translate({right} {TOP})">',
        *_panel("processor time of a token, µs", cost, across, up_cost, colours),
        f'</g><g transform="translate({LEFT} {HEIGHT - 20})">',
        *_legend(colours),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"
