"""A job is told whom it is for, and is a turn like any other: held, kept, and reported by agent."""

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import text

from agents.team.contexts import FanMessage, Known
from server.accounts.access import Principal
from server.domain.configuration import Configuration
from server.domain.insights import InsightKind, NewInsight
from server.persistence import configurations
from server.persistence.borrowed import BEGIN, COMMIT
from server.persistence.database import Database
from server.turns.generation import Generated
from server.turns.jobs import Job, Jobs
from tests.billing.support import BOUNDS, uses_of
from tests.server.turns.scene import books_balance, micros
from tests.server.turns.test_runner import BACKGROUND
from tests.support.turns import Harness

LEARNED = NewInsight(
    kind=InsightKind.SALES_TACTIC,
    source="sales",
    text="Fans who ask about the beach buy the sunset set.",
    confidence=0.9,
)


def job(said: str = "Hi, have you been at the beach?") -> Job:
    return Job(
        kind="fan_message",
        feature="fan_message",
        input={"message": said},
        about=said,
        fan_texts=(said,),
        context=lambda known: FanMessage(message=said, known=known),
    )


def jobs(turns: Harness) -> Jobs:
    services = turns.process.services
    return Jobs(services.database, services.briefer, services.coordinator, services.registry)


async def configure(turns: Harness, caller: Principal, configuration: Configuration) -> None:
    async with turns.process.services.database.transaction() as tx:
        await configurations.replace(tx, caller.user_id, configuration)


async def done(turns: Harness, caller: Principal, work: Job, **options: Any) -> Generated:
    errands = turns.process.turns.errands
    begun = await errands.begin(caller, work, address="127.0.0.1", correlation_id="corr", **options)
    return await errands.end(begun, within_s=20)


async def test_agents_are_told_the_voice_and_what_was_learned(turns: Harness) -> None:
    caller, heard = await turns.person(), list[Known]()
    await configure(turns, caller, Configuration(tone="cheeky", forbidden_topics=("politics",)))
    kept = await turns.process.services.network.broadcast_insight(caller.user_id, LEARNED)

    def context(known: Known) -> FanMessage:
        heard.append(known)
        return FanMessage(message="The beach?", known=known)

    assigned = await jobs(turns).assign(caller.user_id, structs.replace(job(), context=context))
    (known,) = heard
    assert known.creator.tone == "cheeky"
    assert known.reader_language == "en"
    assert assigned.insights == (kept.id,)
    assert assigned.task.name == "messaging"
    assert assigned.model is None
    told = assigned.task.messages[0].text
    assert LEARNED.text in told
    assert "cheeky" in told + assigned.task.instructions


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [("demo/causerie-demo", "demo/causerie-demo"), ("openai/gone", None)],
)
async def test_the_leading_agent_has_a_model_of_its_own_while_that_is_offered(
    turns: Harness, wanted: str, asked: str | None
) -> None:
    caller = await turns.person()
    await configure(turns, caller, Configuration(models={"messaging": wanted}))
    assert (await jobs(turns).assign(caller.user_id, job())).model == asked


async def test_it_is_answered_kept_and_paid_by_branch(turns: Harness, database: Database) -> None:
    caller = await turns.person(credits=100)
    made = await done(turns, caller, job())
    assert isinstance(made.value, dict)
    assert made.value["response"]
    agents = {report.agent: report.status for report in made.agents}
    assert agents["messaging"] == agents["compliance"] == "ok"
    async with database.snapshot() as tx:
        row = (await tx.execute(text("SELECT * FROM generations"))).one()
        decision = (await tx.execute(text("SELECT * FROM routing_decisions"))).one()
        turn = (await tx.execute(text("SELECT * FROM turns"))).one()
    assert row.id == decision.turn_id == turn.id == made.generation_id
    assert (row.kind, row.input) == ("fan_message", {"message": job().about})
    assert (turn.agent, turn.feature) == ("messaging", "fan_message")
    assert turn.outcome["result"] == made.value
    assert decision.agents[0]["agent"] == "messaging"
    await books_balance(database)


async def test_what_little_there_is_pays_for_it(turns: Harness, database: Database) -> None:
    caller = await turns.person(credits=6)  # three whole steps are more than twelve
    made = await done(turns, caller, job("Hi, how much is the beach set?"))
    assert {report.agent: report.status for report in made.agents} == {
        "messaging": "ok",
        "sales": "ok",
        "compliance": "ok",
    }
    assert micros(made.receipt.held) < 6_000_000
    await books_balance(database)


async def test_what_a_job_asks_of_the_database_before_a_model_is_asked(turns: Harness) -> None:
    caller, errands = await turns.person(), turns.process.turns.errands
    await done(turns, caller, job())
    await turns.engine.wait_idle(10)
    with uses_of(turns.process.services.database) as uses:
        begun = await errands.begin(
            caller, job("Hello?"), address="127.0.0.1", correlation_id="corr"
        )
        asked = [
            use for use in uses if not any(word in sent for sent in use for word in BACKGROUND)
        ]
    await errands.end(begun, within_s=20)
    # Voice; figures of the host 4; insights; who asks, and what they have. All of it glances.
    *glances, admission = asked
    assert [len(use) for use in glances] == [1, 4, 1, 2]
    assert not BOUNDS & {sent for use in glances for sent in use}
    # Turn, what is kept of it, who was chosen, hold.
    assert [admission[0], admission[-1], len(admission)] == [BEGIN, COMMIT, 6]
