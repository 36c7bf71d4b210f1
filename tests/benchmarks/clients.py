"""Simulated clients: each asks, checks the whole answer, and asks again."""

import asyncio
import random
from array import array
from collections import Counter
from typing import Protocol

from msgspec import Struct

from tests.benchmarks import stamps
from tests.benchmarks.asked import Asked

KEPT_MAX = 5
"""Wrong answers that are told in words; the rest are counted."""


class Plan(Struct, frozen=True):
    """What a load process is to do. ``wire`` names the dialect of ``wires``; client ``n`` presents
    ``keys[n]``, where there are keys. ``path`` is what is asked for at ``port``.

    ``arrive_ms``: between the arrivals of two clients. ``pause_ms``: before each further turn, on
    average; half to one and a half of it. ``patience_s``: for all to hear the beginning of an
    answer. A client's first answer has a random length, so that ends, and with them beginnings, do
    not come in waves.
    """

    wire: str
    port: int
    path: str
    clients: int
    asked: Asked
    keys: list[str] = []
    arrive_ms: float = 10.0
    pause_ms: float = 0.0
    patience_s: float = 10.0


class Tally:
    """What all clients of a process have seen; figures only while it is open.

    ``delays`` and ``firsts`` are in units of ``stamps``: of each token from its emission, and to
    the first token over what the provider took itself. ``speaking`` of ``clients`` have heard a
    first token by now.
    """

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self.all_speak = asyncio.Event()
        self.is_open = False
        self.tokens = self.frames = self.turns = self.speaking = self.wrong = 0
        self.delays = array("q")
        self.firsts = array("q")
        self.refused: Counter[str] = Counter()
        self.wrongs: list[str] = []

    def flaw(self, what: str) -> None:
        self.wrong += 1
        if len(self.wrongs) < KEPT_MAX:
            self.wrongs.append(what)


class Wire(Protocol):
    """How a client talks to what is measured. It calls ``Client.hear``, ``end`` and so on."""

    def ask(self, prompt: str) -> None: ...


class Client:
    """One client, whatever its wire."""

    def __init__(self, plan: Plan, tally: Tally, number: int) -> None:
        self.plan = plan
        self.tally = tally
        self.key = plan.keys[number] if plan.keys else ""
        self.seen = 0
        self.expected = 0
        self._sent_at = 0
        self._has_spoken = False
        self._random = random.Random(number)
        self._later = _loop().call_later

    def begin(self, wire: Wire) -> None:
        """The first question, once the wire is open."""
        self._ask(wire, self._random.randint(1, self.plan.asked.tokens))

    def _ask(self, wire: Wire, tokens: int) -> None:
        self.seen, self.expected = 0, tokens
        self._sent_at = stamps.now()
        wire.ask(self.plan.asked._replace(tokens=tokens).prompt())

    def _again(self, wire: Wire, after_s: float) -> None:
        if after_s:
            self._later(after_s, self._ask, wire, self.plan.asked.tokens)
        else:
            self._ask(wire, self.plan.asked.tokens)

    def hear(self, payload: bytes, at: int) -> None:
        """Some of the answer: every token's stamp is in ``payload``, received at ``at``."""
        tally = self.tally
        if not self.seen and b"!" in payload:
            self._hear_first(payload, at)
        pieces = payload.split(b"~")
        fresh = len(pieces) - 1
        self.seen += fresh
        if tally.is_open:
            tally.tokens += fresh
            tally.frames += 1
            note = tally.delays.append
            for piece in pieces[1:]:
                note((at - int(piece[:7])) % 10_000_000)

    def _hear_first(self, payload: bytes, at: int) -> None:
        if not self._has_spoken:
            self._has_spoken = True
            self.tally.speaking += 1
            if self.tally.speaking == self.tally.clients:
                self.tally.all_speak.set()
        if self.tally.is_open:
            began = stamps.asked_at(payload)
            theirs = stamps.since(began, stamps.found(payload)[0])
            self.tally.firsts.append(stamps.since(self._sent_at, at) - theirs)

    def end(self, wire: Wire, told: int) -> None:
        """The answer is whole; ``told`` is how many tokens it had, as the server says."""
        if not self.seen == self.expected == told:
            self.tally.flaw(f"asked {self.expected} tokens, got {self.seen}, told of {told}")
        if self.tally.is_open:
            self.tally.turns += 1
        pause = self.plan.pause_ms / 1000
        self._again(wire, pause and pause * self._random.uniform(0.5, 1.5))

    def refuse(self, wire: Wire, code: str, after_s: float) -> None:
        """The question was not taken; it is asked again after a while."""
        if self.tally.is_open:
            self.tally.refused[code] += 1
        self._again(wire, max(after_s, 0.1))

    def fail(self, wire: Wire, why: str) -> None:
        """The answer broke off."""
        self.tally.flaw(why)
        self._again(wire, 1.0)


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()
