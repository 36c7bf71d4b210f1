"""What ends a turn of which every agent has ended badly: a failure, or money."""

import pytest

from server.domain.errors import InsufficientCredits, ProviderError, SchemaMismatch
from server.domain.limits import OwnLimits
from server.domain.money import NANOS_PER_USD, NanoUsd
from server.persistence.database import Database
from server.persistence.entitlements import set_own_limits
from server.protocol.events import TurnCompleted, TurnFailed
from tests.server.turns.scene import books_balance, micros
from tests.server.turns.teamwork import Step, Team, play
from tests.server.turns.test_branches import branches_of, receipt_of
from tests.support.turns import Harness


async def test_an_answer_that_money_ended_is_no_failure_whoever_else_failed(
    turns: Harness, database: Database
) -> None:
    said: list[Step] = [("messaging", "say", 900), ("messaging", "write", 900)]
    team = Team(
        [("messaging", "call", 10), ("sales", "call", 10), ("sales", "fail", 0), *said * 20],
        raises=ProviderError("Nobody is left."),
    )
    run = await play(turns, await turns.person(15), team, beside=(10,))
    assert isinstance(run.buffer.outcome, TurnCompleted)
    assert run.buffer.outcome.finish_reason == "credits"
    messaging, sales = branches_of(run)["messaging"], branches_of(run)["sales"]
    assert (messaging.error, sales.charged) == ("insufficient_credits", "0")
    assert 12_000_000 < micros(messaging.charged) == micros(receipt_of(run).charged)
    await books_balance(database)


async def test_one_that_runs_out_unheard_is_free_and_its_error_the_turns(
    turns: Harness, database: Database
) -> None:
    failed = InsufficientCredits("Nothing is left.")
    team = Team([("sales", "call", 10), *[("sales", "write", 900)] * 20], raises=failed)
    run = await play(turns, await turns.person(9), team)
    assert isinstance(run.buffer.outcome, TurnFailed)
    assert receipt_of(run).charged == "0"
    await books_balance(database)


@pytest.mark.parametrize(
    ("credits", "quota", "code"),
    [(9, None, "insufficient_credits"), (900, 9, "quota_exceeded"), (900, None, "schema_mismatch")],
)
async def test_an_answer_that_is_not_whole_for_want_of_money_says_so(
    turns: Harness, database: Database, credits: int, quota: int | None, code: str
) -> None:
    caller = await turns.person(credits)
    if quota is not None:
        async with database.transaction() as tx:
            limit = NanoUsd(quota * NANOS_PER_USD // 1_000)
            await set_own_limits(tx, caller.user_id, OwnLimits(quota_usd=limit))
    cut = SchemaMismatch("The answer was cut short.")
    helped: list[Step] = [("content", "call", 10)]
    steps: list[Step] = [("sales", what, 10) for what in ("call", "write", "cut", "fail")]
    steps = [*helped, *steps, ("content", "fail", 0)]
    run = await play(turns, caller, Team(steps, failure=cut, raises=cut))
    assert isinstance(run.buffer.outcome, TurnFailed)
    assert run.buffer.outcome.error.code == branches_of(run)["sales"].error == code
    assert receipt_of(run).charged == "0"
    await books_balance(database)
