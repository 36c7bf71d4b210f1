"""The network of what agents know: each tells what it learned, and all processes recall it."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from redis.asyncio import Redis

from knowledge import sharing, store
from knowledge.asking import asked
from knowledge.cache import RecallCache
from knowledge.changes import Changes, announce
from knowledge.ranking import Candidate, Ranked, rank, select
from server.domain.clock import Clock
from server.domain.errors import NotFound
from server.domain.ids import UserId, new_id
from server.domain.insights import Insight, InsightKind, NewInsight
from server.persistence.database import Database, Tx

ALL_KINDS = frozenset(InsightKind)


class AIKnowledgeNetwork:
    """One a process. ``run`` is the body of a task; without it all works, and every recall asks
    PostgreSQL. ``blocking`` is a client for blocking reads."""

    def __init__(
        self, database: Database, commands: Redis, blocking: Redis, *, clock: Clock
    ) -> None:
        self._database = database
        self._redis = commands
        self._clock = clock
        self._cache = RecallCache[Sequence[Candidate]](_now)
        self._changes = Changes(commands, blocking, self._forget, _now)

    async def run(self) -> None:
        """Hear for ever what other processes learn."""
        await self._changes.run()

    async def broadcast_insight(
        self, creator: UserId, insight: NewInsight, *, supersedes: UUID | None = None
    ) -> Insight:
        """Keep it, and let every process know. Answers what is kept of it (``store.add``).

        Raises:
            NotFound: the creator has no live insight ``supersedes``.
            Forbidden: the creator is leaving.
        """
        id, now = new_id(), self._clock()

        async def add(tx: Tx) -> Insight:
            return await store.add(tx, id, creator, insight, now, supersedes=supersedes)

        kept = await self._database.run(add)
        await self.announce(creator)
        return kept

    async def announce(self, creator: UserId | None) -> None:
        """For whoever has changed insights of ``creator`` in a transaction of their own, once it is
        committed; None: shared ones."""
        self._forget(creator)
        await announce(self._redis, creator)

    async def get_relevant_insights(
        self,
        creator: UserId,
        *,
        text: str,
        budget_tokens: int,
        count: Callable[[str], int],
        kinds: Collection[InsightKind] = ALL_KINDS,
    ) -> list[Ranked]:
        """The creator's own and shared ones, the best for a request that says ``text`` first, as
        many as fit; ``count`` counts the tokens of a text. Without text, by confidence alone.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        found = await self._candidates(creator, frozenset(kinds), text)
        return select(rank(found, self._clock()), budget_tokens, count)

    async def search(
        self,
        creator: UserId,
        *,
        text: str,
        kinds: Collection[InsightKind] = ALL_KINDS,
        limit: int,
    ) -> list[Ranked]:
        """The same for people to look through: so many at most, and what is alike stays.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        found = await self._candidates(creator, frozenset(kinds), text)
        return rank(found, self._clock())[:limit]

    async def _candidates(
        self, creator: UserId, kinds: frozenset[InsightKind], text: str
    ) -> Sequence[Candidate]:
        request = (kinds, asked(text))
        if self._changes.is_heard and (known := self._cache.get(creator, request)) is not None:
            return known
        place = self._cache.reserve(creator, request)
        async with self._database.glances() as tx:
            found = await store.candidates(tx, creator, kinds, text, self._clock())
        place.value = found
        return found

    async def retract(self, creator: UserId, id: UUID) -> None:
        """
        Raises:
            NotFound: the creator has no such live insight.
        """
        now = self._clock()
        if not await self._database.single(lambda tx: store.retract(tx, id, creator, now)):
            raise NotFound("There is no such insight.")
        await self.announce(creator)

    async def note_outcome(self, creator: UserId, id: UUID, *, key: str, helped: bool) -> Insight:
        """What came of using an insight raises or lowers its confidence; ``key`` names the
        occasion, which counts once.

        Raises:
            NotFound: the creator has no such live insight.
        """
        now = self._clock()

        async def note(tx: Tx) -> Insight | None:
            return await store.note_outcome(tx, id, creator, key=key, helped=helped, now=now)

        insight = await self._database.run(note)
        if insight is None:
            raise NotFound("There is no such insight.")
        await self.announce(creator)
        return insight

    async def share(self) -> int:
        """Tell all creators what several have in common (``sharing.share``); answers how many
        insights are shared."""
        now = self._clock()
        shared = await self._database.run(lambda tx: sharing.share(tx, now))
        await self.announce(None)
        return shared

    def _forget(self, creator: UUID | None) -> None:
        if creator is None:
            self._cache.clear()
        else:
            self._cache.drop(creator)


def _now() -> float:
    return asyncio.get_running_loop().time()
