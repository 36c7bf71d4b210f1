"""The time of emission that each token of the stub carries as its text, and how it is read back.

A token is ``~`` and seven digits: eight bytes, not much above what a token of prose takes. An
answer's first token is headed by ``!`` and the time at which its request had arrived, so that the
provider's own time can be taken off. Processes of one host share the clock.
"""

import time

UNIT_NS = 10_000
"""Ten microseconds: finer than what is looked for, and seven digits hold 100 seconds of them."""

MODULUS = 10**7
UNITS_PER_MS = 1_000_000 // UNIT_NS

WIDTH = 7


def now() -> int:
    """The time in units, as stamps hold it: it starts anew every 100 seconds."""
    return time.monotonic_ns() // UNIT_NS % MODULUS


def since(stamp: int, at: int) -> int:
    """Units from ``stamp`` to ``at``, at most 100 seconds later."""
    return (at - stamp) % MODULUS


def ms(units: float) -> float:
    return units / UNITS_PER_MS


def token(at: int) -> bytes:
    return b"~%07d" % at


def opening(asked_at: int, at: int) -> bytes:
    """An answer's first token."""
    return b"!%07d~%07d" % (asked_at, at)


def found(payload: bytes) -> list[int]:
    """Times of emission of all tokens in a frame, in order."""
    return [int(piece[:WIDTH]) for piece in payload.split(b"~")[1:]]


def asked_at(payload: bytes) -> int:
    """When the request of the answer that begins in this frame had arrived at the stub.

    Raises:
        ValueError: no answer begins here.
    """
    at = payload.index(b"!") + 1
    return int(payload[at : at + WIDTH])
