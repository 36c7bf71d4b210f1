"""Curves drawn change by change come to what was counted."""

from hypothesis import given
from hypothesis import strategies as st

from billing.costbook import Cell
from billing.costcurves import NAMED_MAX, REDRAW_S, Curves, Drawing, Name
from billing.costviews import OTHERS, SERIES_MAX

START = 1_800_000_000


class Window:
    """What is counted, and what somebody has who applies what is drawn."""

    def __init__(self) -> None:
        self.drawing = Drawing()
        self.sums: dict[Name, Cell] = {}
        self.counted: dict[int, dict[str, int]] = {}
        self.have: dict[str, dict[int, int]] = {}

    def add(self, bucket: int, name: str, usd: int) -> None:
        self.drawing.add(bucket, name, usd)
        self.sums.setdefault(name, Cell()).add(usd, 1, 0)
        step = self.counted.setdefault(bucket, {})
        step[name] = step.get(name, 0) + usd

    def leave(self, bucket: int) -> None:
        self.drawing.leave(bucket)
        for name, usd in self.counted.pop(bucket, {}).items():
            self.sums[name].add(-usd, -1, 0)
        for points in self.have.values():
            points.pop(bucket, None)

    def draw(self, now: int) -> Curves:
        drawn = self.drawing.curves(self.sums, now)
        if drawn.is_whole:
            self.have = {}
        for key, points in drawn.points.items():
            self.have.setdefault(key, {}).update(points)
        return drawn


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 1, 2, 30]),
            st.sampled_from([0, 0, 0, 3]),
            st.sampled_from("abcdefghijklm"),
            st.integers(0, 1_000),
        ),
        max_size=60,
    )
)
def test_what_is_drawn_adds_up_to_what_was_counted(calls: list[tuple[int, int, str, int]]) -> None:
    window, now = Window(), START
    for pause, late, name, usd in calls:
        for second in range(now, now + pause):
            window.leave(second - 40)
        now += pause
        window.drawing.close(now - 1)
        window.add(now - late, name, usd)
        window.draw(now)
        assert len(window.have.keys() - {OTHERS}) <= SERIES_MAX
        for bucket, step in window.counted.items():
            assert sum(points.get(bucket, 0) for points in window.have.values()) == sum(
                step.values()
            )
            for key in window.have.keys() - {OTHERS}:
                assert window.have[key].get(bucket, 0) == step.get(key, 0)


def test_who_is_drawn_stays_so_until_another_is_dearer_by_a_tenth() -> None:
    window = Window()
    for number in range(SERIES_MAX + 1):
        window.add(START, f"m{number}", 100 + number)
    assert "m0" not in window.draw(START).points
    now = START + REDRAW_S
    window.add(now, "m0", 10)
    assert not window.draw(now).is_whole, "dearer by less than a tenth"
    window.add(now, "m0", 990)
    assert not window.draw(now).is_whole, "too soon after the last look"
    assert window.have[OTHERS] == {START: 100, now: 1_000}
    drawn = window.draw(now + REDRAW_S)
    assert drawn.is_whole
    assert drawn.points["m0"] == {START: 100, now: 1_000}
    assert drawn.points[OTHERS] == {START: 101}


def test_of_a_step_that_is_over_the_dearest_keep_their_names_and_the_sum_stays() -> None:
    window, many = Window(), NAMED_MAX + 20
    for number in range(many):
        window.add(START, f"m{number}", 1_000 + number)
    window.drawing.close(START)
    points = window.draw(START).points
    assert set(points) == {f"m{number}" for number in range(many - SERIES_MAX, many)} | {OTHERS}
    assert sum(usd for curve in points.values() for usd in curve.values()) == sum(
        1_000 + number for number in range(many)
    )
