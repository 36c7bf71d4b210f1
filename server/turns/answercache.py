"""Answers kept for a few minutes, so that the same question of the same user is not paid twice."""

import hashlib
import logging
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType, to_builtins
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.persistence import generations
from server.persistence.database import Database
from server.persistence.redis import ANSWER_TTL_S, answer_key
from server.telemetry.logs import fields
from server.turns.oneshot import Asked

log = logging.getLogger(__name__)


class CachedAnswer(Struct, frozen=True, kw_only=True):
    """``model`` is who gave it: perhaps one that stood in; ``generation_id``, in which turn."""

    generation_id: UUID
    text: str
    model: str
    finish_reason: str
    value: Any | UnsetType = UNSET


_decode = msgspec.json.Decoder(CachedAnswer).decode


class AnswerCache:
    """Redis keeps it: without Redis nothing is found, and nothing else changes. What stands in the
    history of generations is given again only as long as it stands there."""

    def __init__(self, redis: Redis, database: Database) -> None:
        self._redis = redis
        self._database = database

    async def find(self, asked: Asked) -> CachedAnswer | None:
        """
        Raises:
            ServiceUnavailable: the database does not answer.
        """
        try:
            kept = await self._redis.get(question_key(asked))
            known = None if kept is None else _decode(kept)
        except (RedisError, OSError, msgspec.MsgspecError) as error:
            log.warning("answers.not_read", extra=fields(error=repr(error)))
            return None
        if known is None or asked.kept is None:
            return known
        async with self._database.glances() as tx:
            is_there = await generations.is_there(tx, known.generation_id, asked.purpose.creator_id)
        return known if is_there else None

    async def keep(self, asked: Asked, answer: CachedAnswer) -> None:
        try:
            await self._redis.set(question_key(asked), msgspec.json.encode(answer), ex=ANSWER_TTL_S)
        except (RedisError, OSError) as error:
            log.warning("answers.not_kept", extra=fields(error=repr(error)))


def question_key(asked: Asked) -> str:
    """Of everything that the model sees. What it is asked for, and by whose request, is no matter:
    but never another user's answer."""
    seen = (asked.models[0], asked.messages, asked.instructions, asked.params, asked.output)
    content = msgspec.json.encode(to_builtins(seen), order="sorted")
    return answer_key(asked.purpose.creator_id, hashlib.sha256(content).hexdigest())
