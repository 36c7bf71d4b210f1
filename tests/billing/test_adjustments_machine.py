"""Credits are conserved, too, when turns are given back and prices put right in between."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import text

from billing.figures import HoldEnd
from billing.refunds import Refund, refund
from billing.repricing import Repricing, reprice
from server.domain.errors import Conflict, IdempotencyMismatch, Invalid
from server.domain.ids import TurnId, new_id
from server.domain.money import MicroCredits, PicoUsd
from server.domain.usage import Price, Usage
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Tx
from tests.billing import books
from tests.billing.support import NOON, PER_USD, usage_event
from tests.billing.test_ledger_machine import LedgerMachine, play


class AdjustmentsMachine(LedgerMachine):
    """Each turn has one call, of a token for each micro-credit that was captured; its usage is
    billed when a price is put right."""

    def __init__(self) -> None:
        super().__init__()
        self.used: dict[UUID, int] = {}
        self.refunded: dict[str, tuple[UUID, int]] = {}

    @rule(done=LedgerMachine.ended, part=st.integers(-1, 9), key=st.sampled_from("uvwxyz"))
    def give_back(self, done: tuple[UUID, int], part: int, key: str) -> None:
        """Some ninths of what was captured; -1: all that is left. The same key again: nothing."""
        turn, captured = done
        left, known = self.model.charged[turn], self.refunded.get(key)
        amount = left if part < 0 else captured * part // 9
        wanted = Refund(
            id=new_id(),
            turn_id=turn,
            credits=None if part < 0 else MicroCredits(amount),
            reason="Wrong",
            key=f"{self.account}{key}",
            actor=None,
        )
        refused: type[Exception] | None = None
        if known is not None:
            is_same = known[0] == turn and (part < 0 or known[1] == amount)
            refused = None if is_same else IdempotencyMismatch
        elif left == 0:
            refused = Conflict
        elif not 0 < amount <= left:
            refused = Invalid
        if refused is not None:
            with pytest.raises(refused):
                self.do(lambda tx: refund(tx, wanted))
            return
        given = self.do(lambda tx: refund(tx, wanted))
        assert (given.balance is None) is (known is not None)
        if known is None:
            self._came_back(turn, amount)
            self.refunded[key] = turn, amount
        assert given.left == self.model.charged[turn]

    @rule(picos=st.sampled_from([0, 300, 1_000, 2_500]))
    def put_price_right(self, picos: int) -> None:
        """Of every call: a micro-credit was charged for each thousand pico-dollars."""
        self.runner.run(self._reprice(Price(input=PicoUsd(picos), output=PicoUsd(0))))
        for turn, charged in self.model.charged.items():
            owed = -(-self.used[turn] * picos // 1_000)
            self._came_back(turn, charged - min(charged, owed))
        assert self.do(self._billed) == (self.model.spent if self.used else None)

    def _came_back(self, turn: UUID, amount: int) -> None:
        self.model.charged[turn] -= amount
        self.model.balance += amount
        self.model.spent -= amount

    async def _reprice(self, price: Price) -> None:
        await books.bill(self.database)
        wanted = Repricing(
            model="demo/causerie-demo",
            start=NOON,
            end=NOON.replace(year=2027),
            price=price,
            reason="The list was wrong",
            actor=None,
            credits_per_usd=PER_USD,
        )
        async for _ in reprice(self.database, wanted):
            pass

    async def _billed(self, tx: Tx) -> Any:
        return await tx.scalar(text("SELECT charged FROM monthly_charges"))

    async def _settle(self, tx: Tx, turn: UUID, charged: int, state: HoldEnd = "captured") -> Any:
        settled = await super()._settle(tx, turn, charged, state)
        if turn not in self.used:
            self.used[turn] = settled.covered
            event = usage_event(
                self.user,
                cost=settled.covered,
                turn_id=TurnId(turn),
                usage=Usage(input_tokens=settled.covered, output_tokens=0),
            )
            await outbox.append(tx, [event])
        return settled


def test_credits_are_conserved_whatever_is_given_back(migrated: EngineUrls) -> None:
    play(AdjustmentsMachine, migrated)
