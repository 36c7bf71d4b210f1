"""The part of ``docs/performance.md`` that is written by ``--record``, and its picture."""

import textwrap

from tests.benchmarks.picture import svg
from tests.benchmarks.processes import ROOT
from tests.benchmarks.record import Recorded
from tests.benchmarks.table import markdown

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.svg"

COLUMNS = 108

BEGIN, END = "<!-- Written by `make bench`: begin -->", "<!-- Written by `make bench`: end -->"


def section(recorded: Recorded) -> str:
    """What stands between the markers."""
    of = recorded.machine
    days = sorted({day.isoformat() for day in recorded.measured.values()})
    packages = ", ".join(f"{name} {number}" for name, number in of.packages.items())
    told = (
        f"Measured {' and '.join(days)} on {of.cpu}, {of.cores} cores, {of.system}, Python"
        f" {of.python}, {packages}; {of.pinned}."
    )
    return (
        f"{textwrap.fill(told, COLUMNS)}\n\n"
        f"{markdown(recorded.goals)}\n\n"
        "![Added latency and processor time of a token against streams](performance.svg)"
    )


def with_section(page: str, recorded: Recorded) -> str:
    """The page with the section as it is now.

    Raises:
        ValueError: the page lacks the markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the markers of the written section are missing")
    return f"{before}{BEGIN}\n{section(recorded)}\n{END}{after}"


def write(recorded: Recorded) -> None:
    PAGE.write_text(with_section(PAGE.read_text("utf-8"), recorded), "utf-8")
    PICTURE.write_text(svg(recorded.points), "utf-8")
