"""Figures for Prometheus: one object a process, label sets closed, no user in a label."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector

from server.domain.errors import AppError
from server.domain.money import MICROS_PER_CREDIT, NANOS_PER_USD, MicroCredits, NanoUsd
from server.domain.usage import FEATURES
from server.telemetry.labels import CUSTOM, agent_label

OTHER = "other"
"""Stands for every value outside a closed set: an unknown method, a model that is no more."""

OUTCOMES = ("completed", "cancelled", "failed")
CALL_OUTCOMES = ("ok", "failed", "cancelled")
LEVELS = ("busy", "overloaded")
THRESHOLDS = ("80", "95", "100")
ATTEMPTS = ("delivered", "failed", "given_up")
ALERTS = ("cost_spike", "request_burst", "daily_cost", "provider_errors", "dead_letters")
SCOPES = ("system", "creator", "feature", "agent", "model", "provider")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

FIRST_DELTA_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; the last is the longest that a provider may be silent before its first token."""

HTTP_S = (0.005, 0.025, 0.1, 0.5, 1.0, 3.0, 10.0, 60.0)
"""Seconds; 3 is the target of ``/api/ai/*``."""


class Metrics:
    """What one process counts. ``agents`` and ``providers`` are the names that labels may have."""

    def __init__(self, *, agents: Iterable[str] = (), providers: Iterable[str] = ()) -> None:
        self.registry = CollectorRegistry()
        self._agents, self._providers = frozenset((*agents, CUSTOM)), frozenset(providers)
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
        self._cost = Counter(
            "provider_cost_usd",
            "What calls to providers cost, in dollars.",
            ("provider", "feature"),
            registry=self.registry,
        )
        self._charged = Counter(
            "credits_charged",
            "Credits that users were charged for calls.",
            ("provider", "feature"),
            registry=self.registry,
        )
        self._tokens = Counter(
            "provider_tokens",
            "Tokens that providers read (input) and wrote (output).",
            ("provider", "feature", "direction"),
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
        self._refusals = Counter(
            "turn_refusals",
            "Turns that were not admitted, by the code of the answer.",
            ("code",),
            registry=self.registry,
        )
        self._thresholds = Counter(
            "quota_thresholds",
            "Users who were told how much of their month's quota is used, in per cent.",
            ("percent",),
            registry=self.registry,
        )
        self._webhooks = Counter(
            "webhook_attempts",
            "Attempts to deliver an event to a webhook.",
            ("outcome",),
            registry=self.registry,
        )
        self.webhooks_waiting = Gauge(
            "webhook_deliveries_waiting",
            "Deliveries to webhooks that were not made yet, of all processes.",
            registry=self.registry,
        )
        self._alerts = Gauge(
            "alerts_open", "Incidents that go on.", ("kind",), registry=self.registry
        )
        self._pauses = Gauge(
            "pauses_open", "Scopes that are paused.", ("scope",), registry=self.registry
        )
        self.dead_letters = Gauge(
            "dead_letters", "Usage events that were put aside.", registry=self.registry
        )
        self.usage_unwritten_seconds = Gauge(
            "usage_unwritten_seconds",
            "Age of the oldest usage event that billing has not written.",
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
        label = _one_of(self._agents, agent_label(agent))
        self._turns.labels(label, _one_of(OUTCOMES, outcome)).inc()
        if first_delta_s is not None:
            self._first_delta.observe(first_delta_s)

    def turn_refused(self, level: str) -> None:
        self._turns_refused.labels(_one_of(LEVELS, level)).inc()

    def turn_not_admitted(self, error: AppError) -> None:
        self._refusals.labels(error.code).inc()

    def call_ended(
        self,
        *,
        provider: str,
        feature: str,
        outcome: str,
        input_tokens: int,
        output_tokens: int,
        cost: NanoUsd,
        charged: MicroCredits,
    ) -> None:
        by = _one_of(self._providers, provider), _one_of(FEATURES, feature)
        self._calls.labels(by[0], _one_of(CALL_OUTCOMES, outcome)).inc()
        self._tokens.labels(*by, "input").inc(input_tokens)
        self._tokens.labels(*by, "output").inc(output_tokens)
        self._cost.labels(*by).inc(cost / NANOS_PER_USD)
        self._charged.labels(*by).inc(charged / MICROS_PER_CREDIT)

    def threshold_told(self, percent: int) -> None:
        """A user was told that so much of the month's quota is used."""
        self._thresholds.labels(_one_of(THRESHOLDS, str(percent))).inc()

    def webhook_attempted(self, outcome: str) -> None:
        """``outcome``: one of ``ATTEMPTS``; given up is a failure after which none follows."""
        self._webhooks.labels(_one_of(ATTEMPTS, outcome)).inc()

    def now_open(self, *, alerts: Mapping[str, int], pauses: Mapping[str, int]) -> None:
        """Incidents by kind, and pauses by the kind of their scope; what is left out is none."""
        for kind in ALERTS:
            self._alerts.labels(kind).set(alerts.get(kind, 0))
        for scope in SCOPES:
            self._pauses.labels(scope).set(pauses.get(scope, 0))

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
