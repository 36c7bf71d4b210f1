"""A good client: it keeps asking for its turn, on any server, until it has an answer or a refusal.

Whoever follows the protocol as written must never be left waiting; ``BOUND_S`` says what never is.
"""

import asyncio
import random
import time
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

from tests.system.chaos.book import Book, Sent, View
from tests.system.chaos.member import Member
from tests.system.chaos.sessions import LOST, Session, opened, other

BOUND_S = 150.0
"""A server may be frozen for a minute, its turns be ended 20 s later, the database be away."""
QUIET_S = 5.0
"""Without an event for so long a client asks whether anybody is there."""
BACKOFF_S = (0.05, 0.2, 0.5, 1.0, 2.0)
LATER = {"unavailable", "overloaded", "draining", "internal", "conflict", "too_many_turns"}
LATER |= {"rate_limited", "too_many_sessions"}
"""Refusals after which the same request may succeed; all others are final."""


class LeftWaiting(Exception):
    """Neither an outcome nor a refusal within the bound."""


class Actor:
    """One user at one device. ``key`` authenticates; ``name`` is how the logs call it."""

    def __init__(
        self, name: str, key: str, webs: list[Member], book: Book, rng: random.Random, canary: str
    ) -> None:
        self.name = name
        self.key = key
        self.webs = webs
        self.book = book
        self.rng = rng
        self.canary = canary
        self._stack = AsyncExitStack()
        self._session: Session | None = None
        self._tries = 0

    @property
    def current(self) -> Session | None:
        """The session at hand."""
        return self._session

    def twin(self, device: str) -> "Actor":
        """The same user at another device."""
        rng = random.Random(self.rng.random())
        name = f"{self.name}/{device}"
        return Actor(name, self.key, self.webs, self.book, rng, self.canary)

    async def leave(self, *, rudely: bool = False) -> None:
        """Give the session up; the next question opens another."""
        session, self._session = self._session, None
        if session is not None and rudely:
            session.drop()
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()

    async def session(self, *, not_on: Member | None = None) -> Session:
        """The session at hand, or a new one anywhere. Raises one of ``LOST``."""
        if self._session is not None and self._session.has_ended.is_set():
            await self.leave()
        if self._session is None:
            web = other(self.webs, self.rng, not_on)
            self._session = await self._stack.enter_async_context(
                opened(self.book, self.name, web, self.key)
            )
            self._tries = 0
        return self._session

    async def stumble(self, retry_after: float | None = None) -> None:
        """Something was lost: go away, wait a little, more each time."""
        await self.leave(rudely=True)
        pause = BACKOFF_S[min(self._tries, len(BACKOFF_S) - 1)]
        self._tries += 1
        await asyncio.sleep(max(pause, retry_after or 0) * self.rng.uniform(0.7, 1.3))

    def prompt(self, play: str) -> tuple[str, str]:
        """A new tag, which is the ``clientMessageId`` too, and the text that carries it."""
        tag = str(uuid4())
        self.book.sent[tag] = Sent(tag, self.name, time.time(), play)
        return tag, f"{self.canary} #{tag} [stub: {play}]"

    async def start(self, play: str, **payload: Any) -> View | str:
        """As ``submit``, of something new."""
        tag, text = self.prompt(play)
        return await self.submit(tag, text, **payload)

    async def submit(self, tag: str, text: str, **payload: Any) -> View | str:
        """Have a turn admitted; answers what is seen of it, or the code of a final refusal.

        Raises:
            LeftWaiting: neither came.
        """
        give_up = time.monotonic() + BOUND_S
        sent = self.book.sent[tag]
        payload = {"model": "openai/stub-model", "clientMessageId": tag, "text": text, **payload}
        while True:
            self.check(give_up, tag)
            try:
                session = await self.session()
                answer = await session.ask("turn.start", **payload)
            except LOST:
                await self.stumble()
                continue
            if answer["type"] == "turn.started":
                is_new = not answer.get("existing")
                self.book.began(sent, answer["turnId"], is_new=is_new)
                return session.view(answer["turnId"])
            code = answer.get("code") or answer.get("error", {}).get("code", "?")
            self.book.refusals[code] += 1
            if code not in LATER:
                sent.refused.add(code)
                return str(code)
            retry_after = answer.get("retryAfter")
            await self.stumble(min(float(retry_after or 0), 2.0))

    async def follow(self, view: View, *, until: int | None = None) -> View:
        """Listen until the outcome, or until so many characters have come; attach again, anywhere,
        whenever the line is lost.

        Raises:
            LeftWaiting: it never ends.
        """
        give_up = time.monotonic() + BOUND_S
        while view.outcome is None and (until is None or len(view.text) < until):
            self.check(give_up, view.turn_id, view)
            session = self._session
            if session is None or session.turns.get(view.turn_id) is not view:
                await self._attach(view)
                continue
            view.news.clear()
            if session.has_ended.is_set():
                await self.stumble()
                continue
            try:
                async with asyncio.timeout(QUIET_S):
                    await view.news.wait()
            except TimeoutError:
                await self._are_you_there(session)
        return view

    async def _are_you_there(self, session: Session) -> None:
        try:
            answer = await session.ask("ping")
            if answer["type"] == "pong":
                return
        except LOST:
            pass
        await self.stumble()

    async def _attach(self, view: View) -> None:
        before = self._session.web if self._session is not None else None
        try:
            session = await self.session(not_on=before)
            session.turns[view.turn_id] = view
            began = time.monotonic()
            view.news.clear()
            answer = await session.ask("turn.attach", turnId=view.turn_id, afterSeq=view.seq)
        except LOST:
            await self.stumble()
            return
        if answer["type"] != "turn.attached":
            del session.turns[view.turn_id]
            if answer.get("code") == "not_found":
                self.book.wrong(
                    "S5 attach", view.turn_id, "a started turn is not found", view.events
                )
                raise LeftWaiting(view.turn_id)
            self.book.refusals[f"attach: {answer.get('code')}"] += 1
            await self.stumble(min(float(answer.get("retryAfter") or 0), 2.0))
            return
        view.attached += 1
        if answer["seq"] > view.seq:  # there is something to replay: how long does that take?
            try:
                async with asyncio.timeout(10):
                    await view.news.wait()
            except TimeoutError:
                pass
            now = time.monotonic()
            calm = not self.book.troubled and not self.book.was_troubled(
                time.time() - (now - began), time.time()
            )
            self.book.resumes.append((now - began, calm))

    def check(self, give_up: float, about: str, view: View | None = None) -> None:
        if time.monotonic() > give_up:
            says = f"{self.name} has no outcome and no refusal after {BOUND_S:g} s"
            self.book.wrong("client left waiting", about, says, view.events if view else ())
            raise LeftWaiting(about)

    async def converse(self, play: str, **payload: Any) -> View | str:
        """A turn from its question to its outcome."""
        found = await self.start(play, **payload)
        return found if isinstance(found, str) else await self.follow(found)
