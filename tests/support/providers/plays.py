"""What a stub can be told to do, whichever vendor it stands for.

A play is one answer. Tests build it; by hand it is written into a prompt or a model's name, as in
``[stub: tokens=200 gap=0.02 cut=50]``: its fields and their values, ``_`` for a space.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

SENTENCE = (
    "The meter runs while the answer streams so every token is counted once and nothing is lost "
    "on the way from the provider to the page where you read it"
)
WORDS = tuple(SENTENCE.split(" "))

BEHIND_THE_END = -1
"""As ``cut``: behind the last event, where the end of the body is owed."""


@dataclass(frozen=True)
class Call:
    """A tool that the model asks for. ``pieces``: how its arguments are cut on the wire, where the
    vendor cuts them."""

    name: str
    pieces: tuple[str, ...] = ("{}",)
    id: str = "call_stub"

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True)
class Play:
    """One answer of the stub, all of it at full speed unless a pause is named.

    Positions count tokens, steps of tool calls included: ``cut=3`` happens after the third. Seconds
    are wall-clock. What a vendor's wire cannot say, its dialect leaves out.
    """

    tokens: int = 12
    deltas: tuple[str, ...] | None = None
    """The texts of the deltas, instead of ``tokens`` words."""
    reasoning: tuple[str, ...] = ()
    reasoning_field: str = "reasoning_content"
    """Its name on the wire, where servers disagree."""
    calls: tuple[Call, ...] = ()
    refuses: bool = False
    """The texts are the model's refusal, where the wire has a place for it."""
    first: float = 0.0
    gap: float = 0.0
    burst: int = 1
    """Tokens per network write."""
    bytewise: bool = False
    """Every byte in a write of its own."""
    one_write: bool = False
    """Headers, all events and the end in a single write."""
    huge: int = 0
    """Characters of an extra delta behind the others: one event of that size."""
    newline: str = "\n"

    status: int = 200
    retry_after: str | None = None
    error: dict[str, Any] | None = None
    """``message``, ``type``, ``code``… of an error body; by default one like the vendor's."""
    body: bytes | None = None
    """This instead of events, as ``content_type``."""
    content_type: str | None = None
    """By default the vendor's."""
    mute: bool = False
    """Accepts the request and never answers, not even with headers."""
    hangs_up: bool = False
    """Accepts the request and resets the connection."""
    silent: int | None = None
    """Says nothing more after this many tokens, and keeps the connection."""
    cut: int | None = None
    how: Literal["rst", "fin", "clean"] = "rst"
    """A reset, an end in the middle of the body, or an orderly end without the end marker."""
    garbage: int | None = None
    rubbish: bytes = b"{not json"
    """The payload of the event that comes after ``garbage`` tokens."""
    error_event: int | None = None

    finish: str | None = "stop"
    """``stop``, ``length``, ``content_filter``, ``tool_calls`` (what ``stop`` is where there are
    calls) in the vendor's word for it, another word as it stands; None: no end marker."""
    ends: int = 1
    done: bool = True
    """The vendor's last event comes, where it has one behind the end marker."""
    usage: bool = True
    more: int = 0
    """Output tokens reported beyond those sent."""
    cached: int = 0
    written: int = 0
    """Input tokens read from the vendor's cache, and written to it."""
    hold_open: bool = False
    """After the last event, be it an error, the body is not ended."""

    @property
    def ends_by(self) -> str | None:
        """``finish``, with what it is where tools are asked for."""
        return "tool_calls" if self.finish == "stop" and self.calls else self.finish

    def texts(self) -> tuple[str, ...]:
        if self.deltas is not None:
            return self.deltas
        return tuple(
            WORDS[at % len(WORDS)] if at == 0 else " " + WORDS[at % len(WORDS)]
            for at in range(self.tokens)
        )


_DIRECTIVE = re.compile(r"\[stub:([^\]]*)\]")
_KINDS = {
    f.name: f.type.__name__ if isinstance(f.type, type) else str(f.type) for f in fields(Play)
}


def parse(prompt: str, default: Play) -> Play:
    """The play that the last directive in ``prompt`` asks for, else ``default``.

    Raises:
        ValueError: a field that a play does not have.
    """
    found = _DIRECTIVE.findall(prompt)
    if not found:
        return default
    changes: dict[str, Any] = {}
    for word in found[-1].split():
        name, _, text = word.partition("=")
        changes[name] = _value(name, text)
    return replace(default, **changes)


def _value(name: str, text: str) -> Any:
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"a play has no {name!r}")
    if name == "calls":
        return tuple(Call(tool) for tool in text.split(","))
    words = text.replace("_", " ")
    read: dict[str, Callable[[], Any]] = {
        "bool": lambda: text in ("", "1", "true", "yes"),
        "int": lambda: int(text),
        "float": lambda: float(text),
        "bytes": words.encode,
        "tuple": lambda: tuple(words.split(",")),
    }
    return next((value() for begin, value in read.items() if kind.startswith(begin)), words)
