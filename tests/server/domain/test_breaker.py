"""A breaker opens after failures in a row, lets one probe out at a time, closes by its success."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.domain.breaker import Breaker, BreakerState

PROBE_S = 1.0


def opened() -> Breaker:
    breaker = Breaker(failures=3, probe_s=PROBE_S)
    for _ in range(3):
        breaker.failed(10.0)
    return breaker


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(failures=3, probe_s=PROBE_S)
    for _ in range(2):
        breaker.failed(0.0)
    assert breaker.admits(0.0)
    breaker.failed(0.0)
    assert not breaker.admits(0.0)


def test_a_success_in_between_begins_the_count_again() -> None:
    breaker = Breaker(failures=3, probe_s=PROBE_S)
    for _ in range(9):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()
    assert breaker.is_closed


def test_one_call_an_interval_is_the_probe() -> None:
    breaker = opened()
    assert not breaker.admits(10.9)
    assert [breaker.admits(11.0) for _ in range(5)] == [True, False, False, False, False]
    assert breaker.state is BreakerState.HALF_OPEN


def test_a_probe_that_fails_leaves_it_open_until_the_next() -> None:
    breaker = opened()
    assert breaker.admits(11.0)
    breaker.failed(11.5)
    assert breaker.state is BreakerState.OPEN
    assert not breaker.admits(11.9)
    assert breaker.admits(12.0)


def test_a_probe_that_succeeds_closes_it_and_forgets_the_failures() -> None:
    breaker = opened()
    assert breaker.admits(11.0)
    breaker.succeeded()
    breaker.failed(11.1)
    breaker.failed(11.1)
    assert breaker.admits(11.1)


def test_a_probe_that_never_reports_is_followed_by_another() -> None:
    breaker = opened()
    assert breaker.admits(11.0)
    assert not breaker.admits(11.9)
    assert breaker.admits(12.0)


def test_a_trip_needs_no_count_and_late_failures_do_not_put_the_probe_off() -> None:
    breaker = Breaker(failures=3, probe_s=PROBE_S)
    breaker.trip(10.0)
    assert not breaker.admits(10.0)
    for _ in range(9):
        breaker.failed(10.9)
        breaker.trip(10.9)
    assert breaker.admits(11.0)


class Calls(RuleBasedStateMachine):
    """However calls end, at most one an interval goes out while it is open, and one always does."""

    @initialize(failures=st.integers(1, 4))
    def begin(self, failures: int) -> None:
        self.breaker = Breaker(failures=failures, probe_s=PROBE_S)
        self.now = 0.0
        self.probes = list[float]()

    @rule(eighths=st.sampled_from([0, 1, 4, 8, 24]))
    def wait(self, eighths: int) -> None:
        self.now += eighths / 8  # exact in binary

    @rule()
    def call(self) -> None:
        was_closed = self.breaker.is_closed
        if self.breaker.admits(self.now) and not was_closed:
            self.probes.append(self.now)

    @rule()
    def succeed(self) -> None:
        self.breaker.succeeded()
        self.probes.clear()
        assert self.breaker.admits(self.now)

    @rule()
    def fail(self) -> None:
        self.breaker.failed(self.now)

    @rule()
    def hang(self) -> None:
        self.breaker.trip(self.now)
        assert not self.breaker.is_closed

    @invariant()
    def probes_keep_their_distance(self) -> None:
        assert all(
            after - before >= PROBE_S
            for before, after in zip(self.probes, self.probes[1:], strict=False)
        )

    @rule()
    def wait_for_a_probe(self) -> None:
        self.now += PROBE_S
        was_closed = self.breaker.is_closed
        assert self.breaker.admits(self.now)
        if not was_closed:
            self.probes.append(self.now)


TestCalls = Calls.TestCase
TestCalls.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
