"""What of a call's dollars goes back with its credits: all of it in the end, never more."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from billing.adjustments import Standing
from server.domain.ids import new_id
from tests.billing.support import MONTH


def standing(charged: int, charged_usd: int) -> Standing:
    return Standing(
        call_id=new_id(),
        turn_id=new_id(),
        account_id=new_id(),
        creator_id=new_id(),
        month=MONTH,
        cost_usd=0,
        charged=charged,
        charged_usd=charged_usd,
    )


@given(
    st.integers(1, 10**15),
    st.integers(0, 10**15),
    st.lists(st.integers(0, 1_000), max_size=6),
)
def test_dollars_go_back_with_credits_to_the_last_nano(
    charged: int, charged_usd: int, thousandths: list[int]
) -> None:
    left = standing(charged, charged_usd)
    for part in thousandths:
        back = left.charged * part // 1_000
        dollars = left.dollars_of(back)
        assert 0 <= dollars <= left.charged_usd
        left = structs.replace(
            left, charged=left.charged - back, charged_usd=left.charged_usd - dollars
        )
    assert left.dollars_of(left.charged) == (left.charged_usd if left.charged else 0)


def test_at_the_default_rate_a_credit_is_a_milli_dollar() -> None:
    assert standing(1_300_000, 1_300_000).dollars_of(500_001) == 500_001
    # A rate of 3: three credits are a dollar.
    assert standing(3_000_000, 1_000_000_000).dollars_of(1_000_000) == 333_333_333
