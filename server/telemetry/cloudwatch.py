"""Figures for CloudWatch: lines of its embedded metric format, which it reads from the log.

Dimensions are what the product knows by name (feature, agent, model): CloudWatch keeps, and bills,
each value as metrics of its own. Creators are properties: the log has them, metrics have not, and
all agents of their making are one.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from server.domain.money import NANOS_PER_USD
from server.domain.usage import CallOutcome, UsageEvent
from server.telemetry.labels import agent_label

VALUES = 100
"""Values that one metric may have in one line (specification of the format)."""

DIMENSION_CHARS = 1_024
"""Of a dimension's value; they must be ASCII, and one of them no space."""

USAGE = {
    "Cost": "None",
    "Calls": "Count",
    "Errors": "Count",
    "InputTokens": "Count",
    "OutputTokens": "Count",
    "Latency": "Milliseconds",
}
"""Metrics of calls and their units. ``Cost`` is in dollars, for which CloudWatch has no unit."""

DIMENSIONS: tuple[tuple[str, ...], ...] = ((), ("Feature",), ("Agent",), ("Model",))
"""What calls are summed by. Alarms look at the first: all of them together."""

STANDING = {"UnwrittenAge": "Seconds", "DeadLetters": "Count", "AlertsOpen": "Count"}
"""Metrics of how things stand. ``UnwrittenAge``: of the oldest call that is not billed yet."""

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class MetricLines:
    """Writes to ``stream``; a line for each creator, feature, agent and model of a batch."""

    def __init__(self, namespace: str, stream: BinaryIO) -> None:
        self._usage = _directive(namespace, USAGE, DIMENSIONS)
        self._standing = _directive(namespace, STANDING, ((),))
        self._stream = stream

    def usage(self, events: Sequence[UsageEvent]) -> None:
        """Tell of calls that were written, each at the moment of its newest."""
        groups: defaultdict[tuple[object, ...], list[UsageEvent]] = defaultdict(list)
        for event in events:
            key = event.creator_id, event.feature, event.agent, event.model, event.provider
            groups[key].append(event)
        self._write(
            self._of_calls(group[start : start + VALUES])
            for group in groups.values()
            for start in range(0, len(group), VALUES)
        )

    def standing(
        self, *, unwritten_s: float, dead_letters: int, alerts_open: int, now: datetime
    ) -> None:
        """Tell how things stand. Whatever this says, that it is said means that billing runs."""
        line = {
            "UnwrittenAge": unwritten_s,
            "DeadLetters": dead_letters,
            "AlertsOpen": alerts_open,
            "_aws": _metadata(now, self._standing),
        }
        self._write([line])

    def _of_calls(self, calls: Sequence[UsageEvent]) -> dict[str, Any]:
        first = calls[0]
        return {
            "Creator": first.creator_id,
            "Feature": _dimension(first.feature),
            "Agent": _dimension(agent_label(first.agent)),
            "Model": _dimension(first.model),
            "Provider": first.provider,
            "Cost": sum(call.cost_usd for call in calls) / NANOS_PER_USD,
            "Calls": len(calls),
            "Errors": sum(call.outcome is CallOutcome.FAILED for call in calls),
            "InputTokens": sum(call.usage.input_tokens for call in calls),
            "OutputTokens": sum(call.usage.output_tokens for call in calls),
            # Last: Logs Insights finds the first 200 fields of a line, and each value is one.
            "Latency": [call.duration_ms for call in calls],
            "_aws": _metadata(max(call.at for call in calls), self._usage),
        }

    def _write(self, lines: Iterable[dict[str, Any]]) -> None:
        text = b"".join(_encode(line) + b"\n" for line in lines)
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError) as error:  # a closed pipe: figures are lost, no usage is
            _log.warning("metrics for CloudWatch were not written: %s", error)


def _directive(
    namespace: str, metrics: dict[str, str], dimensions: Sequence[Sequence[str]]
) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "Dimensions": dimensions,
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in metrics.items()],
    }


def _metadata(at: datetime, directive: dict[str, Any]) -> dict[str, Any]:
    return {"Timestamp": round(at.timestamp() * 1_000), "CloudWatchMetrics": [directive]}


def _dimension(value: str) -> str:
    return value.strip().encode("ascii", "replace").decode()[:DIMENSION_CHARS] or "none"
