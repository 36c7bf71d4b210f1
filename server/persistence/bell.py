"""The bell: what a process tells others at once, and each would find out by itself later.

Redis pub/sub, so nothing is kept: what is rung while somebody is deaf is lost to them. It carries
ids and small events, never anything of record, and everything it says may be said twice.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Raw, Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.domain.ids import BootId
from server.persistence.line import Line, open_line
from server.persistence.redis import process_channel, user_channel
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

QUEUE_MAX = 2_000
KEEP_S = 15.0
"""What may wait to be rung while Redis is away, and for how long: then it is news no more."""

BATCH_MAX = 200

SILENCE_S = 5.0
"""After so long without a word Redis is asked for one; after as long again it has gone."""

PAUSE_FIRST_S, PAUSE_MOST_S = 0.1, 2.0
"""Between two attempts while Redis is away: growing."""

T = TypeVar("T", bound=Struct)


class Rung(Struct, frozen=True, kw_only=True):
    """One message. Who rang needs no answer: it knows already."""

    boot: UUID
    kind: str
    news: Raw


class _Watched:
    """A user with sessions here. ``deaf_since``: what was rung after that moment and before Redis
    confirms the subscription may be lost."""

    def __init__(self, user: UUID, now: float) -> None:
        self.user = user
        self.sessions = 0
        self.deaf_since = now
        self.is_heard = False


_envelope = msgspec.json.Decoder(Rung)
_encode = msgspec.json.Encoder().encode


class Bell:
    """One a process. ``keep_ringing`` and ``keep_listening`` are its tasks; listeners are called on
    the loop, must not block, and hear of news of other processes only.

    ``commands`` rings, ``subscriber`` is for the one connection that listens.
    """

    def __init__(self, commands: Redis, subscriber: Redis, boot: BootId) -> None:
        self._commands = commands
        self._subscriber = subscriber
        self._boot = boot
        self._own_channel = process_channel(boot)
        self._listeners: dict[str, tuple[msgspec.json.Decoder[Any], Callable[..., None]]] = {}
        self._on_heard: list[Callable[[UUID, float], None]] = []
        self._watched: dict[str, _Watched] = {}
        self._changed = asyncio.Event()
        self._waiting: deque[tuple[float, str, bytes]] = deque()
        self._ringing = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._last_word_at = 0.0
        self._is_unheard = self._is_deaf = False

    def listen(self, kind: str, shape: type[T], listener: Callable[[UUID, T], None]) -> None:
        """Hear of every ``kind``: of the user, or the process, that it was rung for."""
        self._listeners[kind] = (msgspec.json.Decoder(shape), listener)

    def when_heard(self, listener: Callable[[UUID, float], None]) -> None:
        """``listener`` hears that news of a user arrives from now on, and since which moment (the
        loop's clock) some may have been missed: after a first session, and after an outage."""
        self._on_heard.append(listener)

    def watch(self, user: UUID) -> Callable[[], None]:
        """A session of ``user`` is here; answers what to call when it has gone."""
        channel = user_channel(user)
        watched = self._watched.get(channel)
        if watched is None:
            watched = self._watched[channel] = _Watched(user, _now())
            self._changed.set()
        watched.sessions += 1
        return _once(lambda: self._leave(watched))

    def _leave(self, watched: _Watched) -> None:
        watched.sessions -= 1
        if not watched.sessions:
            self._changed.set()

    def tell_user(self, user: UUID, kind: str, news: Struct) -> None:
        """Tell every other process where ``user`` has sessions. Never waits."""
        self._put(user_channel(user), kind, news)

    def tell_process(self, boot: UUID, kind: str, news: Struct) -> None:
        """Tell one process. Never waits."""
        self._put(process_channel(boot), kind, news)

    def _put(self, channel: str, kind: str, news: Struct) -> None:
        if len(self._waiting) >= QUEUE_MAX:
            self._unheard("too much waits")
            return
        rung = Rung(boot=self._boot, kind=kind, news=Raw(_encode(news)))
        self._waiting.append((_now(), channel, _encode(rung)))
        self._ringing.set()

    async def keep_ringing(self) -> None:
        """Ring for ever; outages are waited out."""
        pause = PAUSE_FIRST_S
        while True:
            await self._ringing.wait()
            try:
                await self.flush()
            except (RedisError, OSError, TimeoutError) as error:
                self._unheard(repr(error))
                pause = await _pause(pause)
            except Exception:
                log.exception("bell.crashed")
                self._waiting.clear()
                self._ringing.clear()
            else:
                pause, self._is_unheard = PAUSE_FIRST_S, False

    async def flush(self) -> None:
        """Ring for all that waits. What was rung and not confirmed is rung again.

        Raises:
            RedisError: Redis does not answer.
        """
        async with self._flushing:
            while self._waiting:
                while self._waiting and self._waiting[0][0] < _now() - KEEP_S:
                    self._waiting.popleft()
                batch = list(islice(self._waiting, BATCH_MAX))
                pipeline = self._commands.pipeline(transaction=False)
                for _, channel, message in batch:
                    _ = pipeline.publish(channel, message)
                await pipeline.execute()
                for _ in batch:
                    self._waiting.popleft()
            self._ringing.clear()

    def _unheard(self, error: str) -> None:
        if not self._is_unheard:
            self._is_unheard = True
            log.warning("bell.unheard", extra=fields(error=error))

    async def keep_listening(self) -> None:
        """Listen for ever; outages are waited out."""
        pause = PAUSE_FIRST_S
        while True:
            began = self._last_word_at
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                if not self._is_deaf:
                    log.warning("bell.deaf", extra=fields(error=repr(error)))
            except Exception:
                log.exception("bell.crashed")
            self._is_deaf = True
            self._forget_connection()
            pause = await _pause(PAUSE_FIRST_S if self._last_word_at > began else pause)

    def _forget_connection(self) -> None:
        for channel, watched in list(self._watched.items()):
            if not watched.sessions:
                del self._watched[channel]
            elif watched.is_heard:
                watched.deaf_since, watched.is_heard = self._last_word_at, False

    async def _listen(self) -> None:
        """Over one connection, until it is lost."""
        async with open_line(self._subscriber) as line:
            await line.subscribe([self._own_channel])
            self._changed.set()
            subscribing = asyncio.create_task(self._keep_subscribed(line))
            try:
                # If the other one fails, the connection is gone for this one as well.
                await self._hear(line)
            finally:
                await _end(subscribing)

    async def _keep_subscribed(self, line: Line) -> None:
        asked = set[str]()
        while True:
            await self._changed.wait()
            self._changed.clear()
            for channel, watched in list(self._watched.items()):
                if not watched.sessions:
                    del self._watched[channel]
            wanted = set(self._watched)
            if left := asked - wanted:
                await line.unsubscribe(left)
            if joined := wanted - asked:
                await line.subscribe(joined)
            asked = wanted

    async def _hear(self, line: Line) -> None:
        while True:
            kind, channel, data = await line.hear(SILENCE_S)
            self._last_word_at = _now()
            if self._is_deaf:
                self._is_deaf = False
                log.info("bell.heard_again")
            if kind == "subscribe":
                self._subscribed(channel)
            elif isinstance(data, bytes):
                self._take(channel, data)

    def _subscribed(self, channel: str) -> None:
        watched = self._watched.get(channel)
        if watched is not None:
            watched.is_heard = True
            for listener in self._on_heard:
                self._call(listener, watched.user, watched.deaf_since)

    def _take(self, channel: str, data: bytes) -> None:
        watched = self._watched.get(channel)
        if watched is None and channel != self._own_channel:
            return  # the last session has just gone
        try:
            rung = _envelope.decode(data)
            if rung.boot == self._boot or rung.kind not in self._listeners:
                return  # our own, or a word of a later version
            decoder, listener = self._listeners[rung.kind]
            news = decoder.decode(rung.news)
        except msgspec.MsgspecError as error:
            log.warning("bell.unreadable", extra=fields(channel=channel, error=repr(error)))
            return
        self._call(listener, watched.user if watched else self._boot, news)

    def _call(self, listener: Callable[..., None], *news: Any) -> None:
        try:
            listener(*news)
        except Exception:  # of one listener; the others have nothing to do with it
            log.exception("bell.listener_failed")


def _once(work: Callable[[], None]) -> Callable[[], None]:
    todo = [work]

    def do() -> None:
        if todo:
            todo.pop()()

    return do


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel until it is heard: what waits for a write may swallow one. Its failure is no news."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=PAUSE_FIRST_S)
    if not task.cancelled():
        task.exception()


async def _pause(pause: float) -> float:
    """Sleep that long, more or less; answers the next pause."""
    await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
    return min(pause * 2, PAUSE_MOST_S)


def _now() -> float:
    return asyncio.get_running_loop().time()
