"""The tools there are. One more: a module beside this one, and a line in ``TOOLS``."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from agents.tools.base import Tool
from agents.tools.clock import ClockTool
from agents.tools.search import Search, SearchTool


class Doors(Struct, frozen=True, kw_only=True):
    """What tools reach of the world outside, each bound to the caller of the turn."""

    search: Search


TOOLS: Mapping[str, Callable[[Doors], Tool]] = {
    ClockTool.name: lambda _: ClockTool(),
    SearchTool.name: lambda doors: SearchTool(doors.search),
}
"""By name, in the order in which models are told of them."""


def first_unknown(names: list[str]) -> int | None:
    """Index of the first of ``names`` that is no tool."""
    return next((index for index, name in enumerate(names) if name not in TOOLS), None)
