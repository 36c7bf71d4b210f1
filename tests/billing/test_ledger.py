"""The ledger against real PostgreSQL: what races, what repeats, what must add up."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from billing.ledger import OVERAGE, REVENUE, Figures, Ledger, Settlement
from server.domain.errors import (
    InsufficientCredits,
    NotFound,
    QuotaExceeded,
)
from server.domain.ids import AccountId, TurnId, UserId, new_id
from server.domain.money import MicroCredits, NanoUsd
from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from tests.billing.support import (
    CREDIT,
    MONTH,
    PER_USD,
    claim_for,
    make_user,
    statements_of,
)

LEDGER = Ledger(clock=lambda: datetime(2026, 3, 31, 23, 0, tzinfo=UTC))


async def figures(
    database: Database, user: UserId, account: AccountId, limit: int | None = None
) -> Figures:
    async with database.snapshot() as snapshot:
        return await LEDGER.figures(
            snapshot, account, user, MONTH, None if limit is None else NanoUsd(limit)
        )


async def settle(
    database: Database, turn: UUID, charged: int, state: str = "captured"
) -> Settlement:
    async with database.transaction() as tx:
        return await LEDGER.settle(
            tx,
            TurnId(turn),
            charged=MicroCredits(charged),
            transfer_id=new_id(),
            hold_state=state,  # type: ignore[arg-type]
            credits_per_usd=PER_USD,
        )


async def transfers(database: Database) -> list[tuple[object, ...]]:
    async with database.snapshot() as snapshot:
        rows = await snapshot.execute(
            text("SELECT debit_account, credit_account, amount, kind FROM transfers ORDER BY id")
        )
        return [tuple(row) for row in rows]


async def test_a_hold_sets_credits_and_dollars_aside(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim_for(user, account, 3 * CREDIT, usd=7, limit=100))
    stands = await figures(database, user, account, 100)
    assert stands == Figures(
        balance=MicroCredits(10 * CREDIT),
        held=MicroCredits(3 * CREDIT),
        quota_spent=NanoUsd(0),
        quota_held=NanoUsd(7),
        quota_limit=NanoUsd(100),
    )
    assert stands.spendable == 7 * CREDIT


async def test_a_hold_costs_one_statement_and_a_settlement_two(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    claim = claim_for(user, account, 3 * CREDIT)
    async with database.transaction() as tx:
        with statements_of(database) as seen:
            await LEDGER.hold(tx, claim)
        assert len(seen) == 1
    with statements_of(database) as seen:
        await settle(database, claim.turn_id, 2 * CREDIT)
    assert len(seen) == 2


async def test_a_claim_that_is_held_already_is_held_once(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    claim = claim_for(user, account, 3 * CREDIT)
    for _ in range(2):
        async with database.transaction() as tx:
            await LEDGER.hold(tx, claim)
    stands = await figures(database, user, account)
    assert (stands.held, stands.quota_held) == (3 * CREDIT, 3 * CREDIT)


async def test_too_few_credits_are_told_with_figures_and_leave_nothing(database: Database) -> None:
    user, account = await make_user(database, 2_500_000)
    async with database.transaction() as tx:
        with pytest.raises(InsufficientCredits) as refused:
            await LEDGER.hold(tx, claim_for(user, account, 3 * CREDIT))
    assert refused.value.metadata == {"needed": "3", "spendable": "2.5"}
    stands = await figures(database, user, account)
    assert (stands.held, stands.quota_held) == (0, 0)


async def test_a_used_up_quota_is_told_with_figures_and_leaves_nothing(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim_for(user, account, CREDIT, usd=800, limit=1_000))
        with pytest.raises(QuotaExceeded) as refused:
            await LEDGER.hold(tx, claim_for(user, account, CREDIT, usd=201, limit=1_000))
    assert refused.value.retry_after == 3_600
    assert refused.value.metadata == {
        "needed": "0.000000201",
        "limit": "0.000001",
        "remaining": "0.0000002",
        "resetsAt": "2026-04-01T00:00:00Z",
        "scope": "quota",
    }
    stands = await figures(database, user, account)
    assert (stands.held, stands.quota_held) == (CREDIT, 800)


async def test_a_first_hold_above_the_limit_is_refused(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    async with database.transaction() as tx:
        with pytest.raises(QuotaExceeded):
            await LEDGER.hold(tx, claim_for(user, account, CREDIT, usd=11, limit=10))
    assert (await figures(database, user, account)).held == 0


async def test_a_downgrade_below_what_is_spent_refuses_new_holds_only(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    first = claim_for(user, account, CREDIT, limit=5 * CREDIT)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, first)
    async with database.transaction() as tx:
        with pytest.raises(QuotaExceeded):
            await LEDGER.hold(tx, claim_for(user, account, 1, limit=10))
    assert (await settle(database, first.turn_id, CREDIT)).covered == CREDIT
    async with database.transaction() as tx:  # and an upgrade takes effect at the next hold
        await LEDGER.hold(tx, claim_for(user, account, 1, limit=None))


async def test_a_turn_with_several_holds_pays_what_it_used(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    turn = new_id()
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim_for(user, account, 2 * CREDIT, turn=turn))
        await LEDGER.hold(tx, claim_for(user, account, 3 * CREDIT, turn=turn, step=2))
    settled = await settle(database, turn, 4 * CREDIT)
    assert (settled.held, settled.covered, settled.released, settled.overage) == (
        5 * CREDIT,
        4 * CREDIT,
        CREDIT,
        0,
    )
    assert settled.figures == await figures(database, user, account)
    assert settled.figures.balance == 6 * CREDIT
    assert (settled.figures.held, settled.figures.quota_held) == (0, 0)
    assert settled.figures.quota_spent == 4 * CREDIT
    assert (account, REVENUE, 4 * CREDIT, "capture") in await transfers(database)


async def test_a_turn_that_is_settled_again_changes_nothing(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    claim = claim_for(user, account, 2 * CREDIT)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim)
    first = await settle(database, claim.turn_id, CREDIT)
    before = await transfers(database)
    assert await settle(database, claim.turn_id, 2 * CREDIT) == first
    assert await transfers(database) == before


async def test_racing_settlements_charge_once(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    claim = claim_for(user, account, 2 * CREDIT)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim)
    settled = await asyncio.gather(
        settle(database, claim.turn_id, CREDIT),
        settle(database, claim.turn_id, 0, "released"),
        settle(database, claim.turn_id, 2 * CREDIT),
    )
    assert len({answer.covered for answer in settled}) == 1
    stands = await figures(database, user, account)
    assert (stands.balance, stands.held) == (10 * CREDIT - settled[0].covered, 0)


async def test_a_turn_that_cost_nothing_releases_its_hold(database: Database) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    claim = claim_for(user, account, 2 * CREDIT)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim)
    settled = await settle(database, claim.turn_id, 0)
    assert (settled.covered, settled.released) == (0, 2 * CREDIT)
    async with database.snapshot() as snapshot:
        assert await snapshot.scalar(text("SELECT state FROM holds")) == "released"
    assert len(await transfers(database)) == 1  # the grant


async def test_use_beyond_the_hold_takes_what_is_left_and_the_rest_is_overage(
    database: Database,
) -> None:
    user, account = await make_user(database, 10 * CREDIT)
    claim, other = claim_for(user, account, 2 * CREDIT), claim_for(user, account, 3 * CREDIT)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim)
        await LEDGER.hold(tx, other)
    settled = await settle(database, claim.turn_id, 9 * CREDIT)
    assert (settled.covered, settled.released, settled.overage) == (7 * CREDIT, 0, 2 * CREDIT)
    assert (settled.figures.balance, settled.figures.held) == (3 * CREDIT, 3 * CREDIT)
    moved = await transfers(database)
    assert (account, REVENUE, 7 * CREDIT, "capture") in moved
    assert (OVERAGE, REVENUE, 2 * CREDIT, "overage") in moved


async def test_settling_a_turn_that_held_nothing_is_an_error(database: Database) -> None:
    with pytest.raises(NotFound):
        await settle(database, new_id(), 1)


async def test_sixty_racing_holds_on_a_balance_for_ten_grant_ten(
    database: Database, migrated: EngineUrls
) -> None:
    async with open_database(migrated.database_url, pool_size=20) as racers:
        user, account = await make_user(database, 10 * CREDIT)

        async def attempt() -> bool:
            async with racers.transaction() as tx:
                try:
                    await LEDGER.hold(tx, claim_for(user, account, CREDIT, limit=None))
                except InsufficientCredits:
                    return False
                return True

        granted = await asyncio.gather(*(attempt() for _ in range(60)))
        assert sum(granted) == 10
        assert (await figures(database, user, account)).held == 10 * CREDIT


async def test_racing_holds_never_pass_the_quota(database: Database, migrated: EngineUrls) -> None:
    async with open_database(migrated.database_url, pool_size=20) as racers:
        user, account = await make_user(database, 100 * CREDIT)

        async def attempt() -> bool:
            async with racers.transaction() as tx:
                try:
                    await LEDGER.hold(tx, claim_for(user, account, CREDIT, usd=3, limit=20))
                except QuotaExceeded:
                    return False
                return True

        granted = await asyncio.gather(*(attempt() for _ in range(40)))
        assert sum(granted) == 6
        stands = await figures(database, user, account)
        assert (stands.held, stands.quota_held) == (6 * CREDIT, 18)
