"""What an issue says of an incident: title, text in Markdown, priority, comments."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from billing.alerts import Alert, Kind, Severity

TITLES: dict[Kind, str] = {
    "cost_spike": "Costs far above the usual",
    "request_burst": "Requests far above the usual",
    "daily_cost": "The day's costs are above the limit",
    "provider_errors": "A provider fails",
    "dead_letters": "Usage events were put aside",
}

PRIORITIES: dict[Severity, int] = {"high": 1, "watch": 2}
"""Linear's: 1 urgent, 2 high."""

BOOKKEEPING = "told"
"""How figures begin that say what was told before, not what happened."""

CALL = "call"
"""The figure that is told in words: the request that cost most."""

PAGE = "/admin/costs"


def issue_id(alert: UUID) -> UUID:
    """The same for the same incident, so that whoever creates its issue twice finds the first.
    Linear wants version 4."""
    return UUID(int=alert.int, version=4)


def comment_id(alert: Alert) -> UUID:
    """One for each version of an incident."""
    return UUID(bytes=sha256(f"{alert.id} {alert.version}".encode()).digest()[:16], version=4)


def issue_fields(alert: Alert, origin: str) -> dict[str, Any]:
    """``origin``: where our own pages are."""
    return {
        "title": f"{TITLES[alert.kind]}: {_scope(alert)}",
        "description": _description(alert, origin),
        "priority": PRIORITIES[alert.severity],
    }


def comment_text(alert: Alert) -> str:
    """What is new, for whoever is told of comments and not of changed descriptions."""
    if alert.state == "closed":
        return f"It is over since {_moment(alert.quiet_since or alert.updated_at)}."
    said = [
        f"It goes on: **{alert.observed}**, usually {alert.usual}.",
        f"{alert.explanation}{_dearest(alert)}",
    ]
    if alert.acknowledged_at is not None:
        said.append(f"Somebody is looking after it since {_moment(alert.acknowledged_at)}.")
    if alert.is_paused:
        said.append(f"New requests of {_scope(alert)} are paused.")
    return "\n\n".join(said)


def _dearest(alert: Alert) -> str:
    call = alert.evidence.get(CALL)
    return f" The dearest request cost ${call['costUsd']} (call {call['callId']})." if call else ""


def _description(alert: Alert, origin: str) -> str:
    figures = {
        "Seen": alert.observed,
        "Usual": alert.usual,
        "Severity": alert.severity,
        "Since": _moment(alert.since),
        "State": "over" if alert.state == "closed" else "paused" if alert.is_paused else "open",
        **{
            name: _figure(value)
            for name, value in sorted(alert.evidence.items())
            if not name.startswith(BOOKKEEPING) and name != CALL
        },
    }
    rows = "\n".join(f"| {name} | {value} |" for name, value in figures.items() if value)
    return (
        f"{alert.explanation}{_dearest(alert)}\n\n"
        f"| | |\n| --- | --- |\n{rows}\n\n"
        f"[Look at it, acknowledge or pause it]({origin}{PAGE})\n\n"
        f"Incident `{alert.id}`. Closed by itself once it is over."
    )


def _scope(alert: Alert) -> str:
    return "the whole system" if alert.scope_kind == "system" else alert.scope


def _figure(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_figure(inner)}" for name, inner in value.items())
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
