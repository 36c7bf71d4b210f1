"""Pauses: one a scope, over by themselves or when lifted; who they hold back, and what they say."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from billing.alerttables import PauseRow
from billing.pauses import KINDS, Pause, PauseBook, lift, list_pauses, pause
from server.domain.clock import utc_now
from server.domain.errors import Paused
from server.domain.ids import new_id
from server.persistence.database import Database
from tests.billing.holding import paused
from tests.billing.support import NOON

MODEL, CREATOR, ADMIN = "gemini/gemini-2.5-pro", new_id(), new_id()
TURN = {
    "creator": CREATOR,
    "feature": "chat",
    "agent": "assistant",
    "model": MODEL,
    "provider": "gemini",
}
KEYS = {"system": "", **{name: str(value) for name, value in TURN.items()}}


async def begin(database: Database, **changes: Any) -> Pause | None:
    fields = {"by": ADMIN, "ends_at": None, "alert_id": None, "id": new_id(), **changes}
    async with database.transaction() as tx:
        return await pause(tx, "model", MODEL, "It costs too much.", **fields)


async def end(database: Database, id: UUID) -> Pause | None:
    async with database.transaction() as tx:
        return await lift(tx, id, ADMIN)


async def in_force(database: Database) -> list[UUID]:
    async with database.snapshot() as tx:
        return [one.id for one in await list_pauses(tx, in_force=True)]


def book(*pauses: Pause, now: datetime = NOON) -> PauseBook:
    made = PauseBook(lambda: now)
    made.replace(pauses)
    return made


async def test_a_pause_holds_until_it_is_lifted_once(database: Database) -> None:
    made = await begin(database)
    assert made is not None
    assert (made.scope_kind, made.scope_key, made.created_by) == ("model", MODEL, ADMIN)
    assert await in_force(database) == [made.id]
    lifted = await end(database, made.id)
    assert lifted is not None
    assert lifted.lifted_by == ADMIN
    assert await end(database, made.id) is None
    assert await in_force(database) == []


async def test_of_two_at_once_one_pauses_and_the_other_changes_nothing(database: Database) -> None:
    found = await asyncio.gather(*(begin(database) for _ in range(5)))
    (made,) = [one for one in found if one is not None]
    assert await in_force(database) == [made.id]


async def test_the_same_pause_again_is_known_by_its_id(database: Database) -> None:
    known = new_id()
    assert await begin(database, id=known) is not None
    assert await begin(database, id=known) is None
    await end(database, known)
    assert await begin(database, id=known) is None  # what was lifted stays lifted
    assert await in_force(database) == []


async def test_one_that_has_ended_makes_room_for_the_next(database: Database) -> None:
    brief = await begin(database, ends_at=utc_now() + timedelta(hours=1))
    assert brief is not None
    past = utc_now() - timedelta(minutes=1)
    async with database.transaction() as tx:
        await tx.execute(update(PauseRow).values(ends_at=past))
    assert await in_force(database) == []
    assert await end(database, brief.id) is None  # there is nothing left to lift
    following = await begin(database)
    assert following is not None
    assert await in_force(database) == [following.id]
    async with database.snapshot() as tx:
        ended = await tx.scalar(select(PauseRow.lifted_at).where(PauseRow.id == brief.id))
        history = await list_pauses(tx, in_force=False, before=following.id)
    assert ended == past
    assert [one.id for one in history] == [brief.id]


async def test_a_book_knows_what_is_stored(database: Database) -> None:
    made, known = await begin(database), PauseBook(utc_now)
    async with database.snapshot() as tx:
        await known.refresh(tx)
    assert known.has_model(MODEL, "gemini")
    assert made is not None
    await end(database, made.id)
    async with database.snapshot() as tx:
        await known.refresh(tx)
    assert not known.has_model(MODEL, "gemini")


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_of_a_paused_scope_is_refused_and_told_why(kind: Any) -> None:
    until = NOON + timedelta(minutes=30)
    with pytest.raises(Paused) as refused:
        book(paused(kind, KEYS[kind], ends_at=until)).check(**TURN)  # type: ignore[arg-type]
    assert refused.value.metadata == {
        "scope": kind,
        "key": KEYS[kind],
        "reason": "It costs too much.",
        "until": "2026-03-15T12:30:00Z",
    }
    assert refused.value.message.endswith("paused: It costs too much.")
    assert refused.value.retryable is False


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "system"])
def test_a_turn_of_another_scope_goes_on(kind: Any) -> None:
    book(paused(kind, str(new_id()))).check(**TURN)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_of_a_turn_that_runs_asks_for_agent_model_and_provider(kind: Any) -> None:
    known = book(paused(kind, KEYS[kind]))
    call = {name: str(TURN[name]) for name in ("agent", "model", "provider")}
    if kind in call:
        with pytest.raises(Paused):
            known.check_call(**call)
    else:
        known.check_call(**call)


def test_a_pause_ends_by_itself_to_the_moment() -> None:
    brief = paused("model", MODEL, ends_at=NOON)
    assert not book(brief).has_model(MODEL, "gemini")
    book(brief).check(**TURN)  # type: ignore[arg-type]
    assert book(brief, now=NOON - timedelta(microseconds=1)).has_model(MODEL, "gemini")


def test_a_model_is_paused_with_its_provider_and_with_everything() -> None:
    for one in (paused("provider", "gemini"), paused("system"), paused("model", MODEL)):
        assert book(one).has_model(MODEL, "gemini")
    for one in (paused("provider", "openai"), paused("feature", "chat"), paused("model", "x/y")):
        assert not book(one).has_model(MODEL, "gemini")
