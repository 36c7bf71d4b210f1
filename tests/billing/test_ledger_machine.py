"""Credits are conserved under any order of operations, on a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from msgspec import structs
from sqlalchemy import text

from billing.figures import HoldClaim, HoldEnd
from billing.ledger import Figures, GrantKind, Ledger
from server.domain.errors import IdempotencyMismatch, InsufficientCredits, QuotaExceeded
from server.domain.ids import AccountId, TurnId, UserId, new_id
from server.domain.money import MicroCredits, NanoUsd
from server.local.engines import EngineUrls
from server.persistence.database import Database, Tx, open_database
from tests.billing.support import MONTH, PER_USD, claim_for, make_user
from tests.conftest import empty

Result = TypeVar("Result")

amounts = st.integers(0, 400)

_OPEN = text(
    "SELECT coalesce(sum(credits), 0)::bigint FROM holds"
    " WHERE account_id = :account AND state = 'open'"
)


class Model:
    """What the ledger should say, in the simplest words."""

    def __init__(self) -> None:
        self.balance = self.spent = 0
        self.limit: int | None = None
        self.holds: dict[UUID, int] = {}
        self.granted: dict[str, tuple[int, str]] = {}
        self.charged: dict[UUID, int] = {}

    @property
    def held(self) -> int:
        return sum(self.holds.values())

    def settle(self, turn: UUID, charged: int) -> tuple[int, int]:
        hold = self.holds.pop(turn)
        beyond = self.balance - self.held - hold
        if self.limit is not None:
            beyond = min(beyond, max(0, self.limit - self.spent - self.held - hold))
        covered = min(charged, hold + beyond)
        self.balance -= covered
        self.spent += covered
        self.charged[turn] = covered
        return covered, max(0, hold - covered)


class LedgerMachine(RuleBasedStateMachine):
    """Grants and purchases, holds that grow and race, settlements for less, more and nothing,
    twice, while the quota's limit rises and falls; in any order."""

    url: ClassVar[str] = ""
    turns: Bundle[UUID] = Bundle("turns")
    ended: Bundle[tuple[UUID, int]] = Bundle("ended")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = open_database(self.url, pool_size=4)
        self.database: Database = self.runner.run(self.opened.__aenter__())
        self.ledger, self.model = Ledger(), Model()
        self.limit: NanoUsd | None = None
        self.steps = 0

    def do(self, work: Callable[[Tx], Awaitable[Result]]) -> Result:
        return self.runner.run(_commit(self.database, work))

    @initialize(limit=st.sampled_from([None, 800, 1_500]))
    def begin(self, limit: int | None) -> None:
        self.limit = None if limit is None else NanoUsd(limit)
        self.user, self.account = self.runner.run(make_user(self.database, 1_000))
        self.model.balance = 1_000

    @precondition(lambda self: self.model.balance < 600)
    @rule(
        key=st.sampled_from("abcdef"),
        amount=st.sampled_from([300, 700]),
        kind=st.sampled_from(["grant", "purchase"]),
    )
    def grant(self, key: str, amount: int, kind: GrantKind) -> None:
        async def work(tx: Tx) -> bool:
            return await self.ledger.grant(
                tx,
                self.account,
                MicroCredits(amount),
                key=f"{self.account}{key}",
                reason=None,
                id=new_id(),
                kind=kind,
            )

        known = self.model.granted.get(key)
        if known is not None and known != (amount, kind):
            with pytest.raises(IdempotencyMismatch):
                self.do(work)
        else:
            assert self.do(work) is (known is None)
            self.model.balance += 0 if known else amount
            self.model.granted[key] = amount, kind

    @rule(target=turns, credits=amounts)
    def start(self, credits: int) -> Any:
        turn = new_id()
        return turn if self.hold(turn, credits) else multiple()

    @rule(turn=turns, credits=amounts)
    def extend(self, turn: UUID, credits: int) -> None:
        self.hold(turn, credits)

    def hold(self, turn: UUID, credits: int) -> bool:
        self.steps += 1
        claim = claim_for(
            self.user, self.account, credits, turn=turn, step=self.steps, limit=self.limit
        )
        model = self.model
        refused: type[Exception] | None = None
        if model.balance - model.held < credits:
            refused = InsufficientCredits
        elif self.limit is not None and model.spent + model.held + credits > self.limit:
            refused = QuotaExceeded
        if refused is not None:
            with pytest.raises(refused):
                self.do(lambda tx: self.ledger.hold(tx, claim))
            return False
        self.do(lambda tx: self.ledger.hold(tx, claim))
        model.holds[turn] = model.holds.get(turn, 0) + credits
        model.limit = self.limit
        return True

    @rule(target=ended, turn=consumes(turns), beyond=st.integers(-200, 800))
    def settle(self, turn: UUID, beyond: int) -> tuple[UUID, int]:
        """Charged ``beyond`` what the turn holds."""
        charged = max(0, self.model.holds[turn] + beyond)
        settled = self.do(lambda tx: self._settle(tx, turn, charged))
        covered, released = self.model.settle(turn, charged)
        assert (settled.covered, settled.released) == (covered, released)
        assert settled.covered + settled.overage == charged
        # The limit is that of the last hold: a plan that changes since takes effect at the next.
        assert structs.replace(settled.figures, quota_limit=self.limit) == self.figures()
        return turn, covered

    @rule(target=ended, turn=consumes(turns), state=st.sampled_from(["released", "expired"]))
    def let_go(self, turn: UUID, state: HoldEnd) -> tuple[UUID, int]:
        """Nothing is charged: a refund, or a hold whose time is over."""
        held = self.model.holds[turn]
        settled = self.do(lambda tx: self._settle(tx, turn, 0, state))
        self.model.settle(turn, 0)
        assert (settled.covered, settled.released, settled.overage) == (0, held, 0)
        return turn, 0

    @rule(limit=st.sampled_from([None, 0, 200, 800, 1_500, 5_000]))
    def change_plan(self, limit: int | None) -> None:
        """Also below what is spent: only the next hold is refused."""
        self.limit = None if limit is None else NanoUsd(limit)

    @rule(target=turns, credits=st.integers(1, 400), racers=st.integers(2, 4))
    def race(self, credits: int, racers: int) -> Any:
        """Turns that ask at once: as many are granted as can be paid for, whoever they are."""
        model, room = self.model, self.model.balance - self.model.held
        if self.limit is not None:
            room = max(0, min(room, self.limit - model.spent - model.held))
        self.steps += 1
        claims = [
            claim_for(
                self.user, self.account, credits, turn=new_id(), step=self.steps, limit=self.limit
            )
            for _ in range(racers)
        ]
        granted = self.runner.run(self._race(claims))
        assert len(granted) == min(racers, room // credits)
        model.holds |= dict.fromkeys(granted, credits)
        model.limit = self.limit if granted else model.limit
        return multiple(*granted)

    async def _race(self, claims: list[HoldClaim]) -> list[UUID]:
        async def one(claim: HoldClaim) -> None:
            await self.database.run(lambda tx: self.ledger.hold(tx, claim))

        answers = await asyncio.gather(*map(one, claims), return_exceptions=True)
        for answer in answers:
            assert answer is None or isinstance(answer, InsufficientCredits | QuotaExceeded)
        return [
            claim.turn_id for claim, answer in zip(claims, answers, strict=True) if answer is None
        ]

    @rule(done=ended, charged=st.integers(0, 900))
    def settle_again(self, done: tuple[UUID, int], charged: int) -> None:
        turn, covered = done
        assert self.do(lambda tx: self._settle(tx, turn, charged)).covered == covered

    async def _settle(self, tx: Tx, turn: UUID, charged: int, state: HoldEnd = "captured") -> Any:
        return await self.ledger.settle(
            tx,
            TurnId(turn),
            charged=MicroCredits(charged),
            transfer_id=new_id(),
            hold_state=state,
            credits_per_usd=PER_USD,
        )

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        if not hasattr(self, "account"):
            return
        stands, open_holds = self.do(self._stands)
        model = self.model
        assert open_holds == model.held
        assert (stands.balance, stands.held) == (model.balance, model.held)
        assert (stands.quota_spent, stands.quota_held) == (model.spent, model.held)
        assert 0 <= stands.held <= stands.balance

    def figures(self) -> Figures:
        return self.do(self._stands)[0]

    async def _stands(self, tx: Tx) -> tuple[Figures, int]:
        figures = await self.ledger.figures(tx, self.account, self.user, MONTH, self.limit)
        return figures, await tx.scalar(_OPEN, {"account": self.account})

    def teardown(self) -> None:
        self.runner.run(empty(self.database))
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()

    user: UserId
    account: AccountId


async def _commit(database: Database, work: Callable[[Tx], Awaitable[Result]]) -> Result:
    async with database.transaction() as tx:
        return await work(tx)


def play(machine: type[LedgerMachine], urls: EngineUrls) -> None:
    machine.url = urls.database_url
    case = machine.TestCase
    case.settings = settings(
        max_examples=20,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()


def test_credits_are_conserved_under_any_order_of_operations(migrated: EngineUrls) -> None:
    play(LedgerMachine, migrated)
