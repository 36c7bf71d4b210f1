"""What a turn's holds cover, and what can still be paid. Pure."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from billing import quotas
from billing.ledger import Figures, HoldClaim
from billing.pricing import affordable_output, charge, charged_usd, estimate
from billing.quotas import remaining
from server.domain.money import MicroCredits, NanoUsd
from server.domain.turn import FinishReason
from server.domain.usage import Price
from server.persistence.turns import NewTurn

STEP_TOKENS = 2_000
"""Output that one hold covers: reliability.md §2. Longer answers take further steps."""

LIKELY_TOKENS = 500
"""Output of an ordinary answer."""


class Step(Struct, frozen=True, kw_only=True):
    """One hold, in credits and in dollars."""

    credits: MicroCredits
    usd: NanoUsd


def step(price: Price, *, input_tokens: int, output_tokens: int, credits_per_usd: int) -> Step:
    spent = estimate(input_tokens, output_tokens, price)
    credits = charge(spent, price.multiplier_ppm, credits_per_usd)
    return Step(credits=credits, usd=charged_usd(credits, credits_per_usd))


def claim(
    turn: NewTurn,
    id: UUID,
    number: int,
    credits: MicroCredits,
    *,
    credits_per_usd: int,
    quota_limit: NanoUsd | None,
    expires_at: datetime,
) -> HoldClaim:
    """Step ``number`` of a turn's hold, as the ledger takes it."""
    return HoldClaim(
        id=id,
        turn_id=turn.id,
        step=number,
        account_id=turn.account_id,
        user_id=turn.user_id,
        month=turn.month,
        credits=credits,
        usd=charged_usd(credits, credits_per_usd),
        quota_limit=quota_limit,
        expires_at=expires_at,
    )


def spendable(figures: Figures, credits_per_usd: int) -> tuple[MicroCredits, FinishReason]:
    """Credits that balance and quota still allow, and which of the two ends first."""
    if figures.quota_limit is None:
        return figures.spendable, FinishReason.CREDITS
    left = remaining(figures.quota_limit, figures.quota_spent, figures.quota_held)
    by_quota = quotas.payable(left or NanoUsd(0), credits_per_usd)
    if by_quota < figures.spendable:
        return by_quota, FinishReason.QUOTA
    return figures.spendable, FinishReason.CREDITS


def payable(
    price: Price, input_tokens: int, figures: Figures, credits_per_usd: int
) -> tuple[int, FinishReason]:
    """Output tokens that balance and quota allow after the input, and which of the two ends first.

    The provider is told, so that it cannot overrun by more than other turns spend meanwhile.
    """
    credits, short_of = spendable(figures, credits_per_usd)
    tokens = affordable_output(
        credits, price, input_tokens=input_tokens, credits_per_usd=credits_per_usd
    )
    return tokens, short_of
