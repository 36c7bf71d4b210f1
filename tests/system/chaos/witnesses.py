"""What clients saw and what the provider wrote down, held against what is stored."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from server.turns.buffer import SNAPSHOT_CHARACTERS
from tests.system.chaos.book import Book, Sent, View
from tests.system.chaos.provider import INTERNAL

SAME = ("type", "seq", "messageId", "finishReason", "receipt", "error", "partial")
"""Fields of an outcome that a client must have been told as they are stored."""

LATE_S = 1.0
"""A call may have begun that much before its turn's end was written."""


@dataclass
class Call:
    """One exchange as the provider wrote it down."""

    number: int
    tag: str | None
    began: float
    ended: float | None = None
    finished: bool = False
    tokens: int = 0
    text: str = ""
    characters: int = 0
    status: int = 200


@dataclass
class Stored:
    """Turns by id and by tag, usage rows by tag, calls by tag."""

    turns: dict[str, asyncpg.Record]
    outcomes: dict[str, dict[str, Any]]
    by_tag: defaultdict[str, list[asyncpg.Record]] = field(
        default_factory=lambda: defaultdict(list)
    )
    usage: defaultdict[str, list[asyncpg.Record]] = field(default_factory=lambda: defaultdict(list))
    calls: defaultdict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))


def stored(
    turns: Iterable[asyncpg.Record], usage: Iterable[asyncpg.Record], calls: Iterable[Call]
) -> Stored:
    listed = list(turns)
    made = Stored(
        {str(row["id"]): row for row in listed},
        {str(row["id"]): json.loads(row["outcome"] or "{}") for row in listed},
    )
    for row in listed:
        made.by_tag[str(row["tag"])].append(row)
    for row in usage:
        made.usage[str(row["tag"])].append(row)
    for call in calls:
        if call.tag is not None:
            made.calls[call.tag].append(call)
    return made


def read_calls(log: Path) -> list[Call]:
    """The provider's log."""
    calls: dict[int, Call] = {}
    for line in log.read_text().splitlines():
        said = json.loads(line)
        if "began" in said:
            calls[said["number"]] = Call(said["number"], said["tag"], said["began"])
        else:
            call = calls[said["number"]]
            call.ended, call.finished = said["ended"], said["finished"]
            call.tokens, call.text = said["tokens"], said["text"]
            call.characters, call.status = said["characters"], said["status"]
    return list(calls.values())


def check_view(book: Book, view: View, db: Stored) -> None:
    """I8: gapless, nothing twice, the same text, the same end."""
    if not view.events:
        return
    row, outcome = db.turns.get(view.turn_id), db.outcomes.get(view.turn_id, {})
    if row is None:
        book.wrong("I8 stored", view.turn_id, f"{view.who} saw a turn that is not", view.events)
        return

    def wrong(of: str, says: str) -> None:
        book.wrong(of, view.turn_id, f"{view.who}: {says}", view.events)

    for flaw in view.flaws:
        wrong("I8 gapless", flaw)
    if view.repeats and not view.restarted:
        wrong("I8 twice", f"{view.repeats} events came twice")
    text, is_lost = row["text"] or "", _code(outcome) in {"worker_lost", "internal"}
    if view.outcome is not None:
        for name in SAME:
            if name == "seq" and len(text) > SNAPSHOT_CHARACTERS:
                continue  # too long for one snapshot: sent anew in pieces, numbered behind its end
            if view.outcome.get(name) != outcome.get(name):
                seen, kept = view.outcome.get(name), outcome.get(name)
                wrong("I8 outcome", f"{name} was told as {seen!r}, stored as {kept!r}")
        if view.text != text:
            wrong("I8 text", f"saw {_short(view.text)}, stored is {_short(text)}")
    elif not text.startswith(view.text) and not (is_lost and view.text.startswith(text)):
        wrong("I8 text", f"saw {_short(view.text)} before it left, stored is {_short(text)}")


def check_sent(book: Book, tag: str, db: Stored) -> None:
    """I9: one turn for any number of copies; a refusal leaves nothing behind."""
    sent, rows = book.sent[tag], db.by_tag[tag]
    if len(sent.turn_ids) > 1 or len(rows) > 1:
        book.wrong("I9 one turn", tag, f"{len(rows)} turns; told of {sorted(sent.turn_ids)}")
    if sent.refused and rows:
        book.wrong("I9 refused", tag, f"refused ({sent.refused}) and admitted: {rows[0]['id']}")
    for turn in sent.turn_ids:
        if turn not in db.turns:
            book.wrong("I8 stored", turn, f"{sent.who} was told of a turn that is not stored")


def check_calls(book: Book, tag: str, db: Stored) -> None:
    """I10: a usage row for every call and no other; charged for what was sent."""
    calls, usage = db.calls[tag], db.usage[tag]
    row = next(iter(db.by_tag[tag]), None)
    if row is None:
        for call in calls:
            book.wrong("I10 bought", tag, f"call {call.number} was made for no turn")
        return
    outcome = db.outcomes[str(row["id"])]

    def wrong(says: str) -> None:
        book.wrong("I10 calls", str(row["id"]), f"{says} ({tag}, {book.sent[tag].play})")

    if len(calls) > len(usage):
        wrong(f"{len(calls)} calls, {len(usage)} usage rows")
    if len(usage) > max(len(calls), 1):
        wrong(f"{len(usage)} usage rows, {len(calls)} calls")
    if not calls and usage and row["state"] == "completed":
        wrong("completed without a call")
    for call in calls:
        if call.ended is None:
            wrong(f"call {call.number} was never closed")
        if row["ended_at"] is not None and call.began > row["ended_at"].timestamp() + LATE_S:
            wrong(f"call {call.number} began after the turn had ended")
    if row["state"] == "completed" and len(calls) == 1 and len(usage) == 1:
        _check_tokens(calls[0], usage[0], row, outcome, wrong, book.sent[tag].play)


def check_internal(book: Book, db: Stored) -> None:
    """I10 of the product's own calls, which no client follows: every one has its usage row."""
    calls, usage = len(db.calls[INTERNAL]), len(db.usage[INTERNAL])
    if calls > usage:
        book.wrong("I10 calls", INTERNAL, f"{calls} calls, {usage} usage rows")


def check_crowds(book: Book, db: Stored) -> None:
    """T3: never more at once than the credits of all of them hold."""
    crowds: defaultdict[str, list[Sent]] = defaultdict(list)
    for sent in book.sent.values():
        if sent.crowd:
            crowds[sent.crowd].append(sent)
    for name, members in crowds.items():
        rows = [row for sent in members for row in db.by_tag[sent.tag]]
        first_end = min((row["ended_at"].timestamp() for row in rows if row["ended_at"]), default=0)
        # Its hold was there before it was told of, and no hold was freed before the first end.
        together = [s for s in members if s.started_at is not None and s.started_at < first_end]
        if together and len(together) > together[0].crowd_limit:
            says = f"{len(together)} held at once what is enough for {together[0].crowd_limit}"
            book.wrong("T3 crowd", name, says)


def _check_tokens(
    call: Call,
    usage: asyncpg.Record,
    row: asyncpg.Record,
    outcome: dict[str, Any],
    wrong: Any,
    play: str,
) -> None:
    if outcome.get("finishReason") == "stop":
        text = row["text"] or ""
        plain = "ud83d" not in play
        if plain and (len(text) != call.characters or text[:4_000] != call.text):
            wrong(f"the provider said {_short(call.text)}, stored is {_short(text)}")
    if usage["usage_source"] == "provider":
        more = [word for word in play.split() if word.startswith("more=")]
        expected = call.tokens + (int(more[0][5:]) if more else 0)
        if usage["output_tokens"] != expected:
            wrong(f"{usage['output_tokens']} tokens billed, {expected} reported")


def _code(outcome: dict[str, Any]) -> str | None:
    code: str | None = (outcome.get("error") or {}).get("code")
    return code


def _short(text: str) -> str:
    return f"{len(text)} characters {text[:40]!r}…{text[-40:]!r}"
