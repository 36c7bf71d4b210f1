"""What a hold covers, and what balance and quota still pay for."""

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import Figures
from billing.pricing import charge, charged_usd, estimate
from server.domain.money import MicroCredits, NanoUsd, PicoUsd
from server.domain.turn import FinishReason
from server.domain.usage import Price
from server.turns.steps import STEP_TOKENS, payable, step

RATE = 1_000
PRICE = Price(input=PicoUsd(300_000), output=PicoUsd(2_500_000))


@given(
    st.integers(0, 10**10),
    st.integers(0, 10**10),
    st.integers(0, 5_000),
    st.one_of(st.none(), st.integers(0, 10**10)),
)
def test_what_is_payable_fits_balance_and_quota_and_one_token_more_does_not(
    balance: int, held: int, input_tokens: int, limit: int | None
) -> None:
    held = min(held, balance)
    figures = Figures(
        balance=MicroCredits(balance),
        held=MicroCredits(held),
        quota_spent=NanoUsd(0),
        quota_held=NanoUsd(0),
        quota_limit=None if limit is None else NanoUsd(limit),
    )
    tokens, short_of = payable(PRICE, input_tokens, figures, RATE)

    def fits(output: int) -> bool:
        owed = charge(estimate(input_tokens, output, PRICE), PRICE.multiplier_ppm, RATE)
        within = limit is None or charged_usd(owed, RATE) <= limit
        return owed <= figures.spendable and within

    assert tokens == 0 or fits(tokens)
    assert not fits(tokens + 1)
    assert short_of in {FinishReason.CREDITS, FinishReason.QUOTA}
    assert limit is not None or short_of is FinishReason.CREDITS


def test_a_step_is_input_and_output_rounded_up_once() -> None:
    found = step(PRICE, input_tokens=10, output_tokens=STEP_TOKENS, credits_per_usd=RATE)
    # 10 · 300 + 2000 · 2500 nano-dollars; a credit is a thousandth of a dollar.
    assert (found.usd, found.credits) == (5_003_000, 5_003_000)
