"""Fans are assigned for ever and heard once; an experiment that has ended stays as it is."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from knowledge import experiments, store
from knowledge.experimentresults import Tally
from knowledge.experiments import Experiment, Variant
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.ids import UserId, new_id
from server.domain.money import NanoUsd
from server.persistence.database import Database
from tests.knowledge.scene import creator
from tests.server.accounts.people import START

NOW = START + timedelta(minutes=1)
PLAIN = Variant(key="plain", text="New video is out.")
WARM = Variant(key="warm", text="Made this one for you!", weight=2)


async def begun(database: Database, who: UserId | None = None) -> tuple[UserId, Experiment]:
    who = who or await creator(database)
    async with database.transaction() as tx:
        return who, await experiments.create(tx, new_id(), who, "Spring", [PLAIN, WARM], NOW)


async def assigned(database: Database, who: UUID, id: UUID, fan: str) -> str:
    async with database.transaction() as tx:
        return (await experiments.assign(tx, id, who, fan, NOW)).key


async def reported(
    database: Database, who: UUID, id: UUID, fan: str, converted: bool, revenue: int | None = None
) -> None:
    paid = None if revenue is None else NanoUsd(revenue)
    async with database.transaction() as tx:
        await experiments.report(tx, id, who, fan, converted=converted, revenue=paid, now=NOW)


async def ended(database: Database, who: UUID, id: UUID, winner: str | None = None) -> Experiment:
    async with database.transaction() as tx:
        return await experiments.end(tx, id, who, winner, insight=new_id(), now=NOW)


async def tallies(database: Database, experiment: Experiment) -> list[Tally]:
    async with database.snapshot() as tx:
        shown = (await experiments.read_results(tx, [experiment]))[experiment.id]
    return [one.tally for one in shown]


async def learned(database: Database, who: UUID) -> list[str]:
    async with database.snapshot() as tx:
        found = await store.list_insights(tx, who, kind=None, before=None, limit=10)
    return [one.text for one in found]


async def decide(database: Database, who: UUID, id: UUID) -> None:
    """Twelve fans of each variant: all of one buy, none of the other."""
    counts = {"plain": 0, "warm": 0}
    number = 0
    while min(counts.values()) < 12:
        number += 1
        key = await assigned(database, who, id, f"fan-{number}")
        counts[key] += 1
        await reported(database, who, id, f"fan-{number}", key == "warm")


async def test_a_fan_keeps_a_variant_whoever_asks_at_once(database: Database) -> None:
    who, made = await begun(database)
    found = await asyncio.gather(*(assigned(database, who, made.id, "anna") for _ in range(8)))
    assert len(set(found)) == 1
    assert sum(tally.assigned for tally in await tallies(database, made)) == 1
    await ended(database, who, made.id)
    assert await assigned(database, who, made.id, "anna") == found[0]
    with pytest.raises(Conflict):
        await assigned(database, who, made.id, "somebody new")


async def test_an_outcome_counts_once_and_is_not_changed(database: Database) -> None:
    who, made = await begun(database)
    key = await assigned(database, who, made.id, "anna")
    for _ in range(2):
        await reported(database, who, made.id, "anna", True, 5)
    for converted, revenue in ((True, 6), (True, None), (False, None)):
        with pytest.raises(Conflict):
            await reported(database, who, made.id, "anna", converted, revenue)
    with pytest.raises(NotFound):
        await reported(database, who, made.id, "bert", True)
    counted = dict(zip(made.keys, await tallies(database, made), strict=True))
    assert counted.pop(key) == Tally(assigned=1, reported=1, converted=1, revenue=NanoUsd(5))
    assert list(counted.values()) == [Tally()]


async def test_revenue_of_many_fans_may_be_more_than_one_column_holds(database: Database) -> None:
    who, made = await begun(database)
    for number in range(8):
        await assigned(database, who, made.id, f"fan-{number}")
        await reported(database, who, made.id, f"fan-{number}", True, 2**61)
    assert sum(tally.revenue for tally in await tallies(database, made)) == 2**64


async def test_an_experiment_ends_once_and_then_hears_nothing_more(database: Database) -> None:
    who, made = await begun(database)
    for fan in ("anna", "bert"):
        await assigned(database, who, made.id, fan)
    await reported(database, who, made.id, "anna", False)
    first = await ended(database, who, made.id, "warm")
    assert (first.winner, first.ended_at) == ("warm", NOW)
    assert await ended(database, who, made.id) == first
    assert await ended(database, who, made.id, "warm") == first
    with pytest.raises(Conflict):
        await ended(database, who, made.id, "plain")
    with pytest.raises(Invalid):
        await ended(database, who, made.id, "cold")
    await reported(database, who, made.id, "anna", False)
    with pytest.raises(Conflict):
        await reported(database, who, made.id, "bert", True)
    assert len(await learned(database, who)) == 1


async def test_figures_choose_the_winner_where_nobody_does(database: Database) -> None:
    who, made = await begun(database)
    await decide(database, who, made.id)
    assert (await ended(database, who, made.id)).winner == "warm"
    (told,) = await learned(database, who)
    assert told.startswith("A/B test “Spring”: “Made this one for you!” converted")


async def test_without_proof_there_is_no_winner_and_no_lesson(database: Database) -> None:
    who, made = await begun(database)
    assert (await ended(database, who, made.id)).winner is None
    assert await learned(database, who) == []


async def test_a_choice_against_the_figures_teaches_nothing(database: Database) -> None:
    who, made = await begun(database)
    await decide(database, who, made.id)
    assert (await ended(database, who, made.id, "plain")).winner == "plain"
    assert await learned(database, who) == []


async def test_nobody_reaches_an_experiment_of_somebody_else(database: Database) -> None:
    who, made = await begun(database)
    other, theirs = await begun(database)
    await assigned(database, who, made.id, "anna")
    with pytest.raises(NotFound):
        await assigned(database, other, made.id, "anna")
    with pytest.raises(NotFound):
        await reported(database, other, made.id, "anna", True)
    with pytest.raises(NotFound):
        await ended(database, other, made.id)
    async with database.transaction() as tx:
        with pytest.raises(NotFound):
            await experiments.find(tx, made.id, other)
        assert not await experiments.remove(tx, made.id, other)
        found = await experiments.list_experiments(tx, other, before=None, limit=10)
    assert found == [theirs]
    assert await tallies(database, theirs) == [Tally(), Tally()]


async def test_what_is_removed_takes_its_fans_with_it(database: Database) -> None:
    who, made = await begun(database)
    await assigned(database, who, made.id, "anna")
    async with database.transaction() as tx:
        assert await experiments.remove(tx, made.id, who)
        assert not await experiments.remove(tx, made.id, who)
    assert await tallies(database, made) == [Tally(), Tally()]


async def test_a_creator_has_so_many_and_no_more(database: Database) -> None:
    who, _ = await begun(database)
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO experiments (id, user_id, name, variants) "
                "SELECT gen_random_uuid(), :who, 'x', '[]' FROM generate_series(2, :most)"
            ),
            {"who": who, "most": experiments.EXPERIMENTS_MAX},
        )
    with pytest.raises(Conflict):
        await begun(database, who)
    await begun(database, await creator(database))
