"""What a rig writes down while it runs: what clients saw, what was refused, what is wrong."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from tests.support.client import OUTCOMES, Followed

KEPT_EVENTS = 60
"""Of each view, for the report; the files have them all."""


@dataclass(frozen=True)
class Violation:
    """A promise that was not kept. ``of`` is an invariant or a rule of clients, ``about`` an id."""

    of: str
    about: str
    says: str
    events: tuple[str, ...] = ()


@dataclass
class View(Followed):
    """One turn as one client saw it, over all its sessions. ``who`` names the client."""

    who: str = ""
    events: list[str] = field(default_factory=list)
    attached: int = 0
    restarted: bool = False
    """The client asks for the turn again and again: what it has may be told once more."""

    def hear(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        line = f"{kind} {event.get('fromSeq', '')}..{event['seq']}"
        if kind == "turn.delta":
            line += f" {event['text'][:30]!r}"
        if len(self.events) < KEPT_EVENTS or kind != "turn.delta":
            self.events.append(line)
        if kind in OUTCOMES and self.outcome is not None and event["seq"] > self.seq:
            self.flaws.append(f"a second outcome: {kind} {event['seq']}")
        if kind == "turn.snapshot" and event["seq"] < self.seq and self.outcome is not None:
            self.flaws.append(f"a snapshot behind the outcome: {event['seq']}")
        super().hear(event)


@dataclass
class Sent:
    """A turn that some client asked for, by its ``clientMessageId``."""

    tag: str
    who: str
    at: float
    play: str
    copies: int = 1
    crowd: str = ""
    """Who asks at the same moment for the same credits; ``crowd_limit`` of them can be had."""
    crowd_limit: int = 0
    started_at: float | None = None
    """When its admission was first heard of."""
    turn_ids: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


class Book:
    """One of these a rig. ``resumes``: seconds from asking to attach elsewhere to the first event,
    and whether all was calm."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log: TextIO = (folder / "clients.jsonl").open("w")
        self.views: list[View] = []
        self.sent: dict[str, Sent] = {}
        self.violations: list[Violation] = []
        self.refusals: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.scripts: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.fault_times: list[tuple[float, float, str]] = []
        self.resumes: list[tuple[float, bool]] = []
        self.started_at: list[float] = []
        self.service_gaps: list[tuple[str, float]] = []
        self.secrets: set[str] = set()
        self.canaries: set[str] = set()
        self.troubled = 0
        """Faults that are going on right now."""

    def close(self) -> None:
        self._log.close()

    def write(self, who: str, where: str, what: dict[str, Any]) -> None:
        """A line for the clients' log."""
        if len(what.get("text", "")) > 2_000:
            what = {**what, "text": what["text"][:200] + "…"}
        line = {"at": round(time.time(), 4), "who": who, "on": where, **what}
        self._log.write(json.dumps(line, ensure_ascii=True) + "\n")

    def view(self, turn_id: str, who: str) -> View:
        made = View(turn_id, who=who)
        self.views.append(made)
        return made

    def wrong(self, of: str, about: str, says: str, events: Iterable[str] = ()) -> None:
        self.violations.append(Violation(of, about, says, tuple(events)))
        self.write("checker", "", {"violation": of, "about": about, "says": says})

    def began(self, sent: Sent, turn_id: str, *, is_new: bool) -> None:
        """A client was told just now that its turn is admitted."""
        sent.turn_ids.add(turn_id)
        sent.started_at = sent.started_at or time.time()
        if is_new:
            self.started_at.append(time.time())

    def fault(self, kind: str, began: float, ended: float) -> None:
        self.faults[kind] += 1
        self.fault_times.append((began, ended, kind))
        self.write("faults", "", {"fault": kind, "began": began, "ended": ended})

    def was_troubled(self, began: float, ended: float) -> bool:
        """Whether a fault overlapped that time, or one had ended just before."""
        return any(
            began < end + CALM_AFTER_S and start < ended for start, end, _ in self.fault_times
        )

    def was_troubled_by_others(self, began: float, ended: float) -> bool:
        """The same, whoever asks being a fault that is still going on."""
        return self.troubled > 1 or self.was_troubled(began, ended)


CALM_AFTER_S = 5.0
