"""Figures for Prometheus: one object a process, label sets closed, no user in a label."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector

OTHER = "other"
"""Stands for every value outside a closed set: a creator's own agent, an unknown method."""

OUTCOMES = ("completed", "cancelled", "failed")
CALL_OUTCOMES = ("ok", "failed", "cancelled")
LEVELS = ("busy", "overloaded")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

FIRST_DELTA_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; the last is the longest that a provider may be silent before its first token."""

HTTP_S = (0.005, 0.025, 0.1, 0.5, 1.0, 3.0, 10.0, 60.0)
"""Seconds; 3 is the target of ``/api/ai/*``."""


class Metrics:
    """What one process counts. ``agents`` and ``providers`` are the names that labels may have."""

    def __init__(self, *, agents: Iterable[str] = (), providers: Iterable[str] = ()) -> None:
        self.registry = CollectorRegistry()
        self._agents, self._providers = frozenset(agents), frozenset(providers)
        self._turns = Counter(
            "turns", "Turns that ended.", ("agent", "outcome"), registry=self.registry
        )
        self._first_delta = Histogram(
            "turn_first_delta_seconds",
            "From admission to the first text of the answer.",
            buckets=FIRST_DELTA_S,
            registry=self.registry,
        )
        self._calls = Counter(
            "provider_calls",
            "Calls to providers that ended.",
            ("provider", "outcome"),
            registry=self.registry,
        )
        self._requests = Counter(
            "http_requests",
            "HTTP requests that were answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "http_request_seconds",
            "From request to the end of the answer.",
            ("route",),
            buckets=HTTP_S,
            registry=self.registry,
        )
        self.sessions_open = Gauge(
            "sessions_open", "WebSocket sessions of this process.", registry=self.registry
        )
        self.turns_running = Gauge(
            "turns_running", "Turns that this process runs.", registry=self.registry
        )
        self._turns_refused = Counter(
            "turns_refused",
            "Turns that were not admitted because of this process's load.",
            ("level",),
            registry=self.registry,
        )
        self.loop_lag_seconds = Gauge(
            "loop_lag_seconds",
            "How late the loop's timer comes: the median of the last second.",
            registry=self.registry,
        )
        self.loop_busy_ratio = Gauge(
            "loop_busy_ratio",
            "Part of a core that the loop's thread takes: the median of the last second.",
            registry=self.registry,
        )
        self.outbox_lag_seconds = Gauge(
            "outbox_lag_seconds",
            "Since the relay last emptied the outbox: no usage event has waited longer.",
            registry=self.registry,
        )
        self.engine_away = Gauge(
            "engine_away",
            "1 while an engine that we lean on gives no answer and is asked by nobody.",
            ("engine",),
            registry=self.registry,
        )
        self.model_left_alone = Gauge(
            "model_left_alone",
            "1 while a model that kept failing gets no calls, but for one probe now and then.",
            ("model",),
            registry=self.registry,
        )
        self.turn_ends_spooled = Gauge(
            "turn_ends_spooled",
            "Ends of turns that wait on this machine's disk for the database.",
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)

    def turn_ended(self, *, agent: str, outcome: str, first_delta_s: float | None) -> None:
        """``first_delta_s`` is None when no text ever came."""
        self._turns.labels(_one_of(self._agents, agent), _one_of(OUTCOMES, outcome)).inc()
        if first_delta_s is not None:
            self._first_delta.observe(first_delta_s)

    def turn_refused(self, level: str) -> None:
        self._turns_refused.labels(_one_of(LEVELS, level)).inc()

    def call_ended(self, *, provider: str, outcome: str) -> None:
        self._calls.labels(
            _one_of(self._providers, provider), _one_of(CALL_OUTCOMES, outcome)
        ).inc()

    def request_ended(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """``route`` is the pattern that matched (``/api/turns/{id}``), never the path asked for."""
        self._requests.labels(route, _one_of(METHODS, method), str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All figures in the format that ``accept`` asks for, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type


def _one_of(known: Iterable[str], value: str) -> str:
    return value if value in known else OTHER
