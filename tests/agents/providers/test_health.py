"""A model that keeps failing is left alone, probed, and taken back."""

from datetime import UTC, datetime

from agents.providers.health import BreakerLimits, Health
from server.domain.breaker import BreakerState
from server.domain.errors import Invalid, ProviderError

AT = datetime(2026, 11, 21, tzinfo=UTC)
LIMITS = BreakerLimits(window_s=60, calls_min=4, failure_rate=0.5, probe_s=15)
DOWN = ProviderError("It is down.")
MODEL = "openai/one"


class Scene:
    """One model under a clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0
        self.health = Health([MODEL], LIMITS, time=lambda: self.now, clock=lambda: AT)

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            self.health.failed(MODEL, DOWN)

    def answer(self, times: int = 1, first_word_s: float | None = 0.2) -> None:
        for _ in range(times):
            self.health.answered(MODEL, first_word_s)

    def state(self) -> BreakerState:
        return self.health.state(MODEL)


def test_it_opens_at_the_rate_and_not_before_there_are_enough_calls() -> None:
    scene = Scene()
    scene.fail(3)
    assert scene.state() is BreakerState.CLOSED
    scene.fail()
    assert scene.state() is BreakerState.OPEN
    assert not scene.health.admits(MODEL)
    assert scene.health.open_models() == [MODEL]


def test_failures_among_many_answers_open_nothing() -> None:
    scene = Scene()
    scene.answer(10)
    scene.fail(9)
    assert scene.state() is BreakerState.CLOSED
    scene.fail()
    assert scene.state() is BreakerState.OPEN


def test_what_lies_further_back_than_the_window_is_forgotten() -> None:
    scene = Scene()
    scene.fail(3)
    scene.now += 61
    scene.fail()
    assert scene.state() is BreakerState.CLOSED


def test_one_probe_at_a_time_and_its_answer_closes() -> None:
    scene = Scene()
    scene.fail(4)
    assert scene.health.probe_in_s(MODEL) == 15
    scene.now += 15
    assert [scene.health.admits(MODEL) for _ in range(3)] == [True, False, False]
    assert scene.state() is BreakerState.HALF_OPEN
    scene.fail()
    assert scene.state() is BreakerState.OPEN
    scene.now += 15
    assert scene.health.admits(MODEL)
    scene.answer()
    assert scene.state() is BreakerState.CLOSED
    # What failed before the probe is no reason to open again at once.
    scene.fail(1)
    assert scene.state() is BreakerState.CLOSED


def test_a_request_refused_for_what_it_says_is_an_answer() -> None:
    scene = Scene()
    for _ in range(8):
        scene.health.failed(MODEL, Invalid("too long"))
    assert scene.state() is BreakerState.CLOSED


def test_operators_see_the_window_the_median_and_the_newest_error() -> None:
    scene = Scene()
    for seconds in (0.1, 0.9, 0.3):
        scene.answer(1, seconds)
    scene.fail()
    report = scene.health.reports()[0]
    assert (report.calls, report.failures, report.first_word_ms) == (4, 1, 300)
    assert (report.last_error, report.last_error_at) == ("provider_error: It is down.", AT)
    scene.now += 61
    report = scene.health.reports()[0]
    assert (report.calls, report.failures) == (0, 0)
    assert report.last_error is not None
