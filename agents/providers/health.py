"""How each model does: a circuit breaker, and figures for operators. In memory, one a process."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct

from agents.providers.retry import may_stand_in
from server.domain.breaker import Breaker, BreakerState
from server.domain.clock import Clock
from server.domain.errors import AppError

RECENT = 64
"""Times to the first word that the median is taken over."""


class BreakerLimits(Struct, frozen=True, kw_only=True):
    """The breaker of a model opens when, of at least ``calls_min`` calls in the last ``window_s``
    seconds, ``failure_rate`` or more have failed; every ``probe_s`` seconds one call is tried."""

    window_s: float = 60.0
    calls_min: int = 10
    failure_rate: float = 0.5
    probe_s: float = 15.0


class Report(Struct, frozen=True, kw_only=True):
    """One model as operators see it. ``calls`` and ``failures`` are of the window, the last error
    is the newest since start; ``first_word_ms`` a median. ``probe_in_s`` None: it is closed."""

    model: str
    state: BreakerState
    calls: int
    failures: int
    first_word_ms: int | None
    probe_in_s: float | None
    last_error: str | None
    last_error_at: datetime | None


class ModelHealth:
    """One model. ``now`` is a monotonic clock, in seconds."""

    def __init__(self, model: str, limits: BreakerLimits) -> None:
        self.model = model
        self._limits = limits
        # Opened by rate, below: never by failures in a row.
        self._breaker = Breaker(failures=2**31, probe_s=limits.probe_s)
        self._ended: deque[tuple[float, bool]] = deque()
        self._first_words: deque[float] = deque(maxlen=RECENT)
        self._last_error: tuple[str, datetime] | None = None

    @property
    def state(self) -> BreakerState:
        return self._breaker.state

    @property
    def is_closed(self) -> bool:
        return self._breaker.is_closed

    def admits(self, now: float) -> bool:
        """Whether a call may be made now; one that is let through while it is open is the probe."""
        return self._breaker.admits(now)

    def probe_in_s(self, now: float) -> float:
        return self._breaker.probe_in_s(now)

    def answered(self, now: float, first_word_s: float | None = None) -> None:
        """A call came to its end, or was refused for what it said: the provider is there."""
        if not self._breaker.is_closed:
            self._ended.clear()
        self._breaker.succeeded()
        self._note(now, failed=False)
        if first_word_s is not None:
            self._first_words.append(first_word_s)

    def failed(self, now: float, error: AppError, at: datetime) -> None:
        self._last_error = (f"{error.code}: {error.message}", at)
        self._breaker.failed(now)
        self._note(now, failed=True)
        failures = sum(failed for _, failed in self._ended)
        is_enough = len(self._ended) >= self._limits.calls_min
        if is_enough and failures >= self._limits.failure_rate * len(self._ended):
            self._breaker.trip(now)

    def _note(self, now: float, *, failed: bool) -> None:
        self._ended.append((now, failed))
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0][0] <= now - self._limits.window_s:
            self._ended.popleft()

    def report(self, now: float) -> Report:
        self._forget(now)
        times = sorted(self._first_words)
        error, at = self._last_error or (None, None)
        return Report(
            model=self.model,
            state=self.state,
            calls=len(self._ended),
            failures=sum(failed for _, failed in self._ended),
            first_word_ms=int(times[len(times) // 2] * 1000) if times else None,
            probe_in_s=None if self.is_closed else round(self.probe_in_s(now), 1),
            last_error=error,
            last_error_at=at,
        )


class Health:
    """Every model's health. ``time`` is the monotonic clock that ``now`` is read from."""

    def __init__(
        self,
        models: Iterable[str],
        limits: BreakerLimits,
        *,
        time: Callable[[], float],
        clock: Clock,
    ) -> None:
        self._models = {model: ModelHealth(model, limits) for model in models}
        self._time = time
        self._clock = clock

    def admits(self, model: str) -> bool:
        return self._models[model].admits(self._time())

    def probe_in_s(self, model: str) -> float:
        """Seconds until the next probe of a model whose breaker is open."""
        return self._models[model].probe_in_s(self._time())

    def state(self, model: str) -> BreakerState:
        return self._models[model].state

    def answered(self, model: str, first_word_s: float | None) -> None:
        self._models[model].answered(self._time(), first_word_s)

    def failed(self, model: str, error: AppError) -> None:
        """A call failed. What is the request's own fault says that the provider is there."""
        health, now = self._models[model], self._time()
        if may_stand_in(error):
            health.failed(now, error, self._clock())
        else:
            health.answered(now)

    def is_left_alone(self, model: str) -> bool:
        return not self._models[model].is_closed

    def open_models(self) -> list[str]:
        """Models that are left alone just now."""
        return [model for model in self._models if self.is_left_alone(model)]

    def reports(self) -> list[Report]:
        now = self._time()
        return [health.report(now) for health in self._models.values()]
