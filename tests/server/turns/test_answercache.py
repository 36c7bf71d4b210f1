"""An answer is given again to who asked, for exactly what was asked, while Redis keeps it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from redis.asyncio import Redis

from server.domain.content import ChatMessage, OutputSchema, Params, Role
from server.domain.ids import UserId, new_id
from server.persistence.database import Database
from server.persistence.redis import ANSWER_TTL_S, answer_key, open_redis
from server.turns.answercache import AnswerCache, CachedAnswer, question_key
from server.turns.oneshot import Asked, Purpose

ANSWER = CachedAnswer(
    generation_id=new_id(), text="Yes.", model="x/y", finish_reason="stop", value={"a": 1}
)
USER = UserId(new_id())


def asked(**fields: Any) -> Asked:
    purpose = Purpose(
        creator_id=fields.pop("user", USER),
        feature=fields.pop("feature", "completion"),
        agent_id="x",
        correlation_id=str(new_id()),
    )
    fields = {
        "models": ("x/y",),
        "messages": (ChatMessage(role=Role.USER, text="Hello"),),
        "instructions": "",
        "params": Params(temperature=0.0),
        "output": None,
        **fields,
    }
    return Asked(purpose=purpose, **fields)


async def test_what_was_kept_is_found_for_five_minutes(redis: Redis, database: Database) -> None:
    cache = AnswerCache(redis, database)
    assert await cache.find(asked()) is None
    await cache.keep(asked(), ANSWER)
    assert await cache.find(asked(feature="caption")) == ANSWER
    assert 0 < await redis.ttl(question_key(asked())) <= ANSWER_TTL_S == 300


@pytest.mark.parametrize(
    "other",
    [
        {"user": UserId(new_id())},
        {"models": ("x/z",)},
        {"messages": (ChatMessage(role=Role.ASSISTANT, text="Hello"),)},
        {"messages": (ChatMessage(role=Role.USER, text="Hello "),)},
        {"instructions": "Be brief."},
        {"params": Params(temperature=0.0, max_output_tokens=5)},
        {"output": OutputSchema(name="x", schema={"type": "object"})},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_anything_else_is_another_question(
    redis: Redis, database: Database, other: dict[str, Any]
) -> None:
    cache = AnswerCache(redis, database)
    await cache.keep(asked(), ANSWER)
    assert await cache.find(asked(**other)) is None


@given(st.lists(st.text(max_size=5), max_size=3), st.lists(st.text(max_size=5), max_size=3))
def test_where_one_text_ends_and_the_next_begins_is_part_of_the_question(
    left: list[str], right: list[str]
) -> None:
    keys = [
        question_key(
            asked(messages=tuple(ChatMessage(role=Role.USER, text=text) for text in texts))
        )
        for texts in (left, right)
    ]
    assert (keys[0] == keys[1]) == (left == right)


async def test_without_redis_or_with_rubbish_in_it_nothing_is_found(
    redis: Redis, database: Database
) -> None:
    await redis.set(answer_key(USER, "x"), b"x")
    await redis.set(question_key(asked()), b"{not json")
    assert await AnswerCache(redis, database).find(asked()) is None
    away = open_redis("redis://127.0.0.1:1/0")
    try:
        cache = AnswerCache(away, database)
        await cache.keep(asked(), ANSWER)
        assert await cache.find(asked()) is None
    finally:
        await away.aclose()


def test_who_stands_in_is_no_part_of_the_question() -> None:
    alone, helped = asked(), asked(models=("x/y", "x/z"))
    assert question_key(alone) == question_key(structs.replace(helped, purpose=alone.purpose))
