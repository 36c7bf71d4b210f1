"""What one of several agents cannot do stops that one; each is paid for, and told, by itself."""

import random

import pytest
from msgspec import UNSET
from sqlalchemy import select

from agents.events import Learned
from billing.alerts import ScopeKind
from billing.pauses import pause
from billing.tables import HoldRow
from server.domain.errors import (
    InsufficientCredits,
    Paused,
    ProviderError,
    ProviderProtocol,
    QuotaExceeded,
    Unpriced,
)
from server.domain.ids import new_id
from server.domain.insights import InsightKind, NewInsight
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.protocol.events import TurnCancelled, TurnCompleted, TurnFailed
from server.protocol.figures import BranchReceipt, Receipt
from server.turns.receipts import owed_for
from server.turns.run import Run
from tests.server.turns.scene import books_balance, micros, nanos
from tests.server.turns.teamwork import Step, Team, begin, play
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness


def receipt_of(run: Run) -> Receipt:
    assert run.buffer.outcome is not None
    return run.buffer.outcome.receipt


def branches_of(run: Run) -> dict[str, BranchReceipt]:
    told = receipt_of(run).branches
    assert isinstance(told, list)
    return {one.agent: one for one in told}


BOTH: list[Step] = [
    ("messaging", "call", 100),
    ("sales", "call", 200),
    ("messaging", "write", 300),
    ("sales", "write", 40),
    ("messaging", "say", 300),
    ("sales", "end", 0),
    ("messaging", "end", 0),
]


async def test_each_agent_is_on_the_receipt_with_what_it_took(
    turns: Harness, database: Database
) -> None:
    run = await play(turns, await turns.person(), Team(BOTH), beside=(200,))
    told, by_agent = receipt_of(run), branches_of(run)
    assert list(by_agent) == ["messaging", "sales"]
    assert [call.agent for call in told.calls] == ["sales", "messaging"]  # as they ended
    for call in told.calls:
        branch = by_agent[call.agent]
        assert (branch.status, branch.cap_usd) == ("ok", "0.25")
        assert (branch.charged, branch.cost_usd) == (call.charged, call.cost_usd)
    # 200 · 0.5 and 40 · 2 dollars a million; a credit is a thousandth of a dollar.
    assert (by_agent["sales"].charged, by_agent["sales"].charged_usd) == ("0.18", "0.00018")
    assert isinstance(run.buffer.outcome, TurnCompleted)
    assert run.buffer.text == "word " * 300
    await books_balance(database)


async def test_a_failed_agent_is_named_and_costs_nothing_and_the_others_go_on(
    turns: Harness, database: Database
) -> None:
    steps: list[Step] = [*BOTH[:4], ("sales", "say", 40), ("sales", "fail", 0), *BOTH[4:]]
    run = await play(turns, await turns.person(), Team(steps), beside=(200,))
    sales, messaging = branches_of(run)["sales"], branches_of(run)["messaging"]
    assert (sales.status, sales.error, sales.charged) == ("failed", ProviderError.code, "0")
    assert nanos(sales.cost_usd) > 0
    assert (messaging.status, messaging.charged) == ("ok", receipt_of(run).charged)
    (failed,) = [call for call in receipt_of(run).calls if call.agent == "sales"]
    assert (failed.outcome, failed.charged, failed.usage_source) == ("failed", "0", "estimated")
    await books_balance(database)


async def test_also_where_what_was_delivered_is_charged(
    database: Database, migrated: EngineUrls
) -> None:
    steps: list[Step] = [*BOTH[:5], ("sales", "fail", 0)]
    async with turn_harness(migrated, partial_failure_policy="charge_delivered") as turns:
        team = Team(steps, raises=ProviderError("All of it broke."))
        run = await play(turns, await turns.person(), team, beside=(200,))
    assert isinstance(run.buffer.outcome, TurnFailed)
    sales, messaging = branches_of(run)["sales"], branches_of(run)["messaging"]
    assert (sales.charged, messaging.status) == ("0", "failed")
    assert micros(messaging.charged) == micros(receipt_of(run).charged) > 0
    await books_balance(database)


async def test_the_first_hold_covers_a_step_of_each_and_no_more_than_its_cap(
    turns: Harness, database: Database
) -> None:
    async def held(*beside: int, cap: int) -> int:
        run = await begin(turns, await turns.person(), Team([]), beside=beside, output_cap=cap)
        return run.held

    alone, step = await held(cap=1_000), 2 * 1_000_000 + 500 * 200
    assert await held(200, 200, cap=1_000) == alone + 2 * step
    assert await held(2**30, cap=1_000) == alone + 250_000_000


@pytest.mark.parametrize(
    ("credits", "cap", "error"),
    [
        (9, "0.25", InsufficientCredits),
        (1_000, "0.01", QuotaExceeded),
        (1_000, "0.25", ProviderProtocol),
    ],
    ids=["money", "cap", "length"],
)
async def test_who_cannot_be_paid_is_stopped_and_the_others_end_well(
    migrated: EngineUrls, database: Database, credits: int, cap: str, error: type[Exception]
) -> None:
    long: list[Step] = [("sales", "write", 900)] * 60
    team = Team([*BOTH[:4], *long, *BOTH[4:]])
    async with turn_harness(migrated, agent_cap_usd=cap) as turns:
        run = await play(turns, await turns.person(credits), team, beside=(200,))
    assert isinstance(run.buffer.outcome, TurnCompleted)
    sales, messaging = branches_of(run)["sales"], branches_of(run)["messaging"]
    assert isinstance(team.stopped["sales"], error)
    assert (sales.status, sales.charged, messaging.status) == ("failed", "0", "ok")
    assert receipt_of(run).charged == messaging.charged
    assert run.buffer.outcome.finish_reason == "stop"
    await books_balance(database)


async def test_what_was_said_until_money_ran_out_is_paid(
    turns: Harness, database: Database
) -> None:
    said: list[Step] = [("sales", "say", 900), ("sales", "write", 900)]
    team = Team([("sales", "call", 10), *said * 10])
    run = await play(turns, await turns.person(9), team)
    assert isinstance(run.buffer.outcome, TurnCompleted)
    sales = branches_of(run)["sales"]
    assert (sales.status, sales.error) == ("failed", "insufficient_credits")
    assert 7_000_000 < micros(sales.charged) == micros(receipt_of(run).charged) <= 9_000_000
    assert run.buffer.outcome.finish_reason == "credits"
    await books_balance(database)


async def test_what_one_leaves_the_next_draws_before_more_is_held(
    turns: Harness, database: Database
) -> None:
    steps: list[Step] = [
        *[(name, what, 50) for name in ("a", "b", "c", "d") for what in ("call", "write", "end")]
    ]
    run = await play(turns, await turns.person(), Team(steps), beside=(50,))
    async with database.snapshot() as tx:
        holds = list(await tx.scalars(select(HoldRow.step).where(HoldRow.turn_id == run.turn.id)))
    assert holds == [1]
    assert len(branches_of(run)) == 4
    await books_balance(database)


@pytest.mark.parametrize(
    ("kind", "key"),
    [("agent", "sales"), ("model", "demo/causerie-demo"), ("provider", "demo")],
)
async def test_a_paused_agent_model_or_provider_is_not_asked(
    turns: Harness, database: Database, kind: ScopeKind, key: str
) -> None:
    services = turns.process.services
    team = Team([("messaging", "wait", 0), *BOTH])
    run = await begin(turns, await turns.person(), team, beside=(200,))
    async with services.database.transaction() as tx:
        await pause(tx, kind, key, "Too dear.", by=None, ends_at=None, alert_id=None, id=new_id())
        await services.pauses.refresh(tx)
    team.go_on.set()
    await run.ended.wait()
    assert isinstance(team.stopped["sales"], Paused)
    assert (branches_of(run)["sales"].error, branches_of(run)["sales"].cost_usd) == ("paused", "0")
    await books_balance(database)


async def test_an_agents_model_that_nobody_has_priced_is_not_asked(
    turns: Harness, database: Database
) -> None:
    team = Team(BOTH, models={"sales": "demo/new"})
    run = await play(turns, await turns.person(), team, beside=(200,))
    assert isinstance(team.stopped["sales"], Unpriced)
    assert run.branches.budget("sales")("demo/new", 10) == 0  # it stands in for nobody either
    assert branches_of(run)["messaging"].status == "ok"
    await books_balance(database)


async def test_a_cancelled_turn_pays_for_what_each_had_delivered(
    turns: Harness, database: Database
) -> None:
    team = Team([*BOTH[:6], ("messaging", "wait", 0)])
    run = await begin(turns, await turns.person(), team, beside=(200,))
    await eventually(lambda: "sales" in team.ended)
    run.stop()
    await run.ended.wait()
    assert isinstance(run.buffer.outcome, TurnCancelled)
    sales, messaging = branches_of(run)["sales"], branches_of(run)["messaging"]
    assert (sales.status, messaging.status) == ("ok", "cancelled")
    assert micros(sales.charged) > 0 < micros(messaging.charged)
    await books_balance(database)


async def test_one_that_begins_again_has_an_end_of_its_own(
    turns: Harness, database: Database
) -> None:
    team = Team([("assistant", "call", 10), ("assistant", "write", 10), ("assistant", "fail", 0)])
    team.again = [("assistant", "call", 10), ("assistant", "write", 20)]
    run = await play(turns, await turns.person(), team)
    told = receipt_of(run)
    assert isinstance(told.branches, list)
    assert [(one.status, one.charged == "0") for one in told.branches] == [
        ("failed", True),
        ("ok", False),
    ]
    await books_balance(database)


async def test_what_can_be_paid_is_shared(turns: Harness) -> None:
    team = Team(BOTH[:4])
    await play(turns, await turns.person(100), team, beside=(200,))
    # 100 credits are 50 000 tokens, of which the other one and the prompts have a share.
    assert 45_000 < team.budgets["messaging"] < 48_000 > team.budgets["sales"] > 45_000
    rich = Team(BOTH[:4])
    await play(turns, await turns.person(10_000), rich, beside=(200,))
    assert 124_000 < rich.budgets["messaging"] < 125_000  # the cap: 250 credits


async def test_what_was_learned_is_kept_for_whoever_asks(turns: Harness) -> None:
    insight = NewInsight(
        source="sales", kind=InsightKind.SALES_TACTIC, text="Bundles sell.", confidence=0.7
    )
    run = await play(turns, await turns.person(), Team([], learned=Learned(insights=(insight,))))
    assert run.learned == (insight,)
    assert receipt_of(run).branches is UNSET


@pytest.mark.parametrize("seed", range(12))
async def test_however_they_take_turns_the_books_balance(
    turns: Harness, database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    agents = ["messaging", "sales", "content", "compliance"][: chance.randint(1, 4)]
    whats = chance.choices(
        ["call", "write", "say", "finish", "end", "fail"], [4, 9, 3, 3, 1, 1], k=60
    )
    steps: list[Step] = [
        (chance.choice(agents), what, chance.choice([1, 30, 700, 2_500])) for what in whats
    ]
    failing = ProviderError("x") if chance.random() < 0.3 else None
    team = Team(steps, raises=failing)
    caller = await turns.person(credits=chance.choice([17, 25, 60, 1_000]))
    run = await begin(turns, caller, team, beside=(100,) * (len(agents) - 1), output_cap=6_000)
    team.watch = lambda: _is_held(run)
    if chance.random() < 0.3:
        await eventually(lambda: len(team.ended) > 0 or run.ended.is_set())
        run.stop()
    await run.ended.wait()
    told = receipt_of(run)
    if told.calls:
        assert isinstance(told.branches, list)
        assert sum(micros(one.charged) for one in told.branches) == micros(told.charged)
        assert sum(nanos(one.cost_usd) for one in told.branches) == nanos(told.cost_usd)
        assert all(nanos(one.charged_usd) <= nanos(one.cap_usd) for one in told.branches)
        free = [one for one in told.branches if one.status == "failed"]
        spoken = {name for name, what, _ in steps if what == "say"}
        assert all(one.charged == "0" or one.agent in spoken for one in free)
    await books_balance(database)


def _is_held(run: Run) -> None:
    """What is owed at this moment is set aside, and no more is drawn than is there."""
    rate = 1_000
    drawn = run.branches.held
    assert drawn <= run.held
    for branch in run.branches:
        if branch.error is None:
            assert owed_for(branch.strand.calls, rate) <= branch.held
