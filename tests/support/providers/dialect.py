"""What one vendor's stub says in its own words; everything else about a stub is common to all.

A vendor's stub is a ``Dialect`` given to ``ProviderStub``:

    MistralStub = partial(ProviderStub, MistralDialect())

The engine (``streaming.py``) keeps the time and does what a ``Play`` names: pauses, cuts, silence,
garbage, resets. It asks a ``Script``, made for each answer, for the bytes: first ``opening``, then
``reasoning`` for each thought, ``text`` for each token, ``call`` for each tool call, ``ending``;
``error_event`` and ``event`` (a raw payload in the vendor's frame) wherever a play wants them. Each
``bytes`` that a script yields goes into an HTTP chunk of its own, as the vendors do it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import Call, Play


@dataclass(frozen=True)
class Asked:
    """A request for a stream. ``prompt`` is the newest message of the user, where directives are
    looked for; ``tokens`` what the whole input is said to have."""

    model: str
    prompt: str
    tokens: int


@dataclass(frozen=True)
class Whole:
    """An answer that is no stream."""

    status: int
    body: bytes
    content_type: str = "application/json"


class Script(Protocol):
    """The bytes of one answer. It may keep state: ids, which block is open, what usage to report.
    What was sent so far stands in the exchange."""

    def opening(self) -> Iterable[bytes]:
        """Events before anything is said; sent at once, before ``Play.first``."""
        ...

    def reasoning(self, text: str) -> Iterable[bytes]: ...

    def text(self, text: str) -> Iterable[bytes]: ...

    def call(self, call: Call) -> Iterator[tuple[str, bytes]]:
        """A tool call, step by step: the piece of arguments that a step says (empty for one that
        only opens the call), and its bytes. Positions of a play count these steps too."""
        ...

    def ending(self) -> Iterable[bytes]:
        """The end marker ``Play.ends`` times (never where ``Play.finish`` is None), usage if
        ``Play.usage``, and what the vendor sends last if ``Play.done``."""
        ...

    def error_event(self) -> bytes:
        """``Play.error``, or what the vendor says by default, in the middle of a stream."""
        ...

    def event(self, payload: bytes) -> bytes:
        """Any payload in the vendor's frame, JSON or not."""
        ...


class Dialect(Protocol):
    """One vendor. Stateless."""

    base_path: str
    """What stands behind host and port in the address that the SDK is given, as ``/v1``."""
    content_type: str

    def asked(self, exchange: Exchange) -> Asked | None:
        """What is asked for; None: this path is no stream's."""
        ...

    def other(self, exchange: Exchange) -> Whole | None:
        """The answer on any other path; None: 404."""
        ...

    def key(self, headers: dict[str, str]) -> str | None:
        """The key as this vendor is given it."""
        ...

    def error_body(self, status: int, error: dict[str, Any] | None) -> bytes:
        """The body of an HTTP error: the vendor's usual one for ``status``, changed by ``error``
        (``Play.error``)."""
        ...

    def script(self, exchange: Exchange, asked: Asked, play: Play) -> Script: ...


def compact(value: object) -> bytes:
    """As vendors write it: compact, and beyond ASCII escaped, so that halves of surrogate pairs
    pass as they are."""
    return json.dumps(value, separators=(",", ":")).encode()


def sse(payload: bytes, newline: str = "\n", name: str | None = None) -> bytes:
    """One server-sent event."""
    end = newline.encode()
    head = f"event: {name}".encode() + end if name else b""
    return head + b"data: " + payload + end + end
