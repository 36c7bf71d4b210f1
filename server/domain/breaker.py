"""A circuit breaker: what keeps failing is left alone for a while, then tried by one call. Pure."""

import enum


class BreakerState(enum.StrEnum):
    CLOSED = "closed"
    """Calls go through."""
    OPEN = "open"
    """Calls are refused at once."""
    HALF_OPEN = "half_open"
    """One probe is on its way; the others are still refused."""


class Breaker:
    """``failures`` in a row open it; a probe is let through every ``probe_s`` seconds, and one that
    succeeds closes it. ``now`` is a monotonic clock, in seconds.

    A probe that never reports (its caller was cancelled) costs one more interval, nothing else.
    """

    def __init__(self, *, failures: int, probe_s: float) -> None:
        self._failures_most = failures
        self._probe_s = probe_s
        self._failures = 0
        self._probe_at = 0.0
        self.state = BreakerState.CLOSED

    @property
    def is_closed(self) -> bool:
        return self.state is BreakerState.CLOSED

    def admits(self, now: float) -> bool:
        """Whether a call may be made now. Of those that ask while it is open, one becomes the
        probe."""
        if self.is_closed:
            return True
        if now < self._probe_at:
            return False
        self.state = BreakerState.HALF_OPEN
        self._probe_at = now + self._probe_s
        return True

    def probe_in_s(self, now: float) -> float:
        """Seconds until a call is let through again; zero while it is closed."""
        return 0.0 if self.is_closed else max(self._probe_at - now, 0.0)

    def succeeded(self) -> None:
        """A call was answered, if only by a refusal: it is there."""
        self._failures = 0
        self.state = BreakerState.CLOSED

    def failed(self, now: float) -> None:
        """A call was not answered. While it is open this tells nothing new."""
        self._failures += 1
        if self.state is BreakerState.HALF_OPEN:
            self.state = BreakerState.OPEN
        elif self.is_closed and self._failures >= self._failures_most:
            self.trip(now)

    def trip(self, now: float) -> None:
        """Open at once: a call has hung so long that nobody else should find out the same way."""
        if self.is_closed:
            self.state = BreakerState.OPEN
            self._probe_at = now + self._probe_s
