"""From measurements to what is shown, recorded, compared and drawn."""

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import document, record
from tests.benchmarks.capacity import highest
from tests.benchmarks.contestants import OURS, SDK_RELAY
from tests.benchmarks.disturbance import Disturbance
from tests.benchmarks.picture import Axis, decades, lines, steps, svg
from tests.benchmarks.record import Machine, Recorded, merged, moved
from tests.benchmarks.results import GoalResult, Results
from tests.benchmarks.table import markdown, screen
from tests.benchmarks.workload import Goal, Measured, Point
from tests.benchmarks.workloads import WORKLOADS, chosen

MORE = Goal("g1", "streams", "tokens", 100, "more")
LESS = Goal("g5.p99", "late", "ms", 10, "less", 1)
QUIET = Disturbance(load=0.5, stolen=0.0, waited=0.01, switches=3)
BUSY = Disturbance(load=4.0, stolen=0.1, waited=0.5, switches=90)
MACHINE = Machine("A processor", 2, "Linux 6", "3.11.7", {"uvloop": "0.23"}, "not pinned")
TODAY, YESTERDAY = date(2026, 11, 21), date(2026, 11, 20)


def results(more: float, less: float, theirs: float = 50.0) -> list[GoalResult]:
    found = Results()
    for factor, disturbed in ((0.9, QUIET), (1.0, BUSY), (1.2, QUIET)):
        figures = {"g1": {OURS: more * factor, SDK_RELAY: theirs}, "g5.p99": {OURS: less * factor}}
        found.add((MORE, LESS), Measured(figures), [disturbed])
    return found.goals()


def test_the_table_tells_median_ends_ratio_and_the_worst_disturbance() -> None:
    told = markdown(results(200, 20.0)).splitlines()
    assert told[2] == (
        "| G1 streams, tokens | ≥ 100 | 200 (180 to 240) | SDK relay 50 (4.0 times) | yes | 3"
        " | load 4.0, stolen 10%, kept waiting 50%, 90 switches/s |"
    )
    assert "| G5 p99 late, ms | ≤ 10.0 | 20.0 (18.0 to 24.0) | — | no | 3 |" in told[3]


def test_who_bears_no_load_has_not_reached_the_goal() -> None:
    found = Results()
    found.add((LESS,), Measured({"g5.p99": {SDK_RELAY: 3.0}}), [])
    assert "| not borne | SDK relay 3.0 | no | 0 | — |" in markdown(found.goals())
    assert "reached: no" in screen(found.goals())


def recorded(more: float, less: float) -> Recorded:
    return merged(None, MACHINE, YESTERDAY, results(more, less), [Point(OURS, 100, 5.0, 90.0)])


def test_what_moved_by_more_than_a_fifth_is_told_either_way() -> None:
    before = recorded(100, 10.0)
    assert moved(before, results(119, 8.1)) == []
    assert moved(before, results(130, 13.0)) == [
        "g1: 30% better, 130 instead of 100 (recorded 2026-11-20)",
        "g5.p99: 30% WORSE, 13.0 instead of 10.0 (recorded 2026-11-20)",
    ]
    assert moved(before, results(0, 0.0))[0].startswith("g1: 100% WORSE")
    assert moved(None, results(1, 1.0)) == []


def test_what_is_not_measured_again_stays_recorded(tmp_path: Path) -> None:
    before = recorded(100, 10.0)
    now = Results()
    now.add((MORE,), Measured({"g1": {OURS: 300.0}}), [QUIET])
    after = merged(before, MACHINE, TODAY, now.goals(), [Point(SDK_RELAY, 10, None, 200.0)])
    assert after.measured == {"g1": TODAY, "g5.p99": YESTERDAY}
    assert after.goals[0].figures[OURS].median == 300
    assert after.goals[0].figures[SDK_RELAY].median == 50
    assert after.goals[1] == before.goals[1]
    assert [point.contestant for point in after.points] == [OURS, SDK_RELAY]
    record.write(after, tmp_path / "recorded.json")
    assert record.read(tmp_path / "recorded.json") == after


def test_the_page_shows_what_is_recorded_and_nothing_else_changes() -> None:
    page = f"before\n{document.BEGIN}\nold\n{document.END}\nafter\n"
    written = document.with_section(page, recorded(100, 10.0))
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
    assert "| G1 streams, tokens |" in written
    assert document.with_section(written, recorded(100, 10.0)) == written
    with pytest.raises(ValueError, match="markers"):
        document.with_section("no markers", recorded(100, 10.0))


def test_page_and_picture_in_the_repository_say_what_is_recorded() -> None:
    now = record.read()
    page = document.PAGE.read_text("utf-8")
    assert now is None or document.with_section(page, now) == page
    assert now is None or document.PICTURE.read_text("utf-8") == svg(now.points)


def test_the_picture_is_xml_with_a_line_for_each_contestant() -> None:
    points = [
        Point(name, streams, streams / 10, 50.0)
        for name in (OURS, "A & B")
        for streams in (10, 100, 500)
    ]
    drawn = ElementTree.fromstring(svg([*points, Point("A & B", 600, None, None)]))
    circles = drawn.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 2 * len(points)
    assert "A & B" in [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    ElementTree.fromstring(svg([]))


def test_lines_are_medians_where_there_was_something_to_measure() -> None:
    points = [Point(OURS, 10, late, 1.0) for late in (1.0, 9.0, 2.0)] + [Point(OURS, 20, None, 1.0)]
    assert lines(points, lambda point: point.p99_ms) == {OURS: [(10, 2.0)]}


def test_axes_enclose_their_values_in_round_steps() -> None:
    assert decades([0.3, 700]) == (0.1, 1.0, 10.0, 100.0, 1000.0)
    assert steps([10, 500]) == (0, 100, 200, 300, 400, 500)
    assert Axis((0, 100), 200).place(50) == 100
    assert Axis((1, 10, 100), 200, is_logarithmic=True).place(10) == pytest.approx(100)


@pytest.mark.parametrize(("bears", "found"), [(450, 400), (60, 50), (5, 0), (10**6, 1000)])
async def test_the_search_finds_the_highest_level_borne(bears: int, found: int) -> None:
    async def is_borne(streams: int) -> bool:
        return streams <= bears

    assert await highest(200, is_borne) == found


def test_goals_choose_workloads() -> None:
    assert chosen("") == WORKLOADS
    assert [workload.name for workload in chosen("g5, G1")] == ["burst", "paced"]
    with pytest.raises(ValueError, match="g99"):
        chosen("g99")


def test_no_goal_is_measured_twice() -> None:
    keys = [goal.key for workload in WORKLOADS for goal in workload.goals]
    assert len(keys) == len(set(keys))
