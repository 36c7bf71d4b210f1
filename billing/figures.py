"""The ledger's words: what is claimed, what stands on an account, how a turn was settled."""

from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from server.domain.ids import AccountId, TurnId, UserId
from server.domain.money import MicroCredits, NanoUsd

HoldEnd: TypeAlias = Literal["captured", "released", "expired"]


class HoldClaim(Struct, frozen=True, kw_only=True, gc=False):
    """One step of what a turn may use: ``credits`` of the account, ``usd`` of the user's month.

    ``quota_limit``: what the plan of this moment allows in ``month``; None: no limit.
    """

    id: UUID
    turn_id: TurnId
    step: int
    account_id: AccountId
    user_id: UserId
    month: date
    credits: MicroCredits
    usd: NanoUsd
    quota_limit: NanoUsd | None
    expires_at: datetime


class Figures(Struct, frozen=True, kw_only=True, gc=False):
    """What an account and its user's month stand at. ``quota_limit`` None: no limit."""

    balance: MicroCredits
    held: MicroCredits
    quota_spent: NanoUsd
    quota_held: NanoUsd
    quota_limit: NanoUsd | None

    @property
    def spendable(self) -> MicroCredits:
        return MicroCredits(self.balance - self.held)


class Settlement(Struct, frozen=True, kw_only=True, gc=False):
    """How a turn's holds ended. ``covered`` is what its user paid, ``released`` what came back
    of ``held``, ``overage`` what nobody could pay. ``figures``: after it."""

    held: MicroCredits
    covered: MicroCredits
    overage: MicroCredits
    figures: Figures

    @property
    def released(self) -> MicroCredits:
        return MicroCredits(max(0, self.held - self.covered))
