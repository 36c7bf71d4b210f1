"""What a turn may cost is known before it is admitted, and never more than there is."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import Figures
from billing.pricing import charge, charged_usd, estimate
from server.domain.errors import Invalid, ModelUnavailable, NotFound
from server.domain.money import MicroCredits, NanoUsd, PicoUsd
from server.domain.turn import FinishReason
from server.domain.usage import Price
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.protocol.commands import JsonSchemaFormat, TurnParams, TurnRequest
from server.turns.planning import STEP_TOKENS, payable, step
from tests.server.turns.scene import count
from tests.support.turns import Harness

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
    assert found.tokens == STEP_TOKENS
    # 10 · 300 + 2000 · 2500 nano-dollars; a credit is a thousandth of a dollar.
    assert (found.usd, found.credits) == (5_003_000, 5_003_000)


async def test_an_estimate_names_figures_and_leaves_nothing(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=1)
    estimated = await turns.engine.estimate(caller, TurnRequest(text="Hello"))
    assert 0 < float(estimated.likely.credits) < float(estimated.at_most.credits)
    assert not estimated.affordable
    capped = TurnRequest(text="Hello", params=TurnParams(max_output_tokens=10))
    assert (await turns.engine.estimate(caller, capped)).affordable
    assert await count(database, TurnRow) == 0


async def test_wrong_fields_are_refused_with_their_path(turns: Harness) -> None:
    caller = await turns.person()
    for fields, error, path in (
        ({"agent": "nobody"}, Invalid, "$.agent"),
        ({"feature": "nothing"}, Invalid, "$.feature"),
        ({"user_id": uuid4()}, Invalid, "$.userId"),
        ({"preset_id": uuid4()}, NotFound, "$.presetId"),
        ({"model": "nobody/nothing"}, ModelUnavailable, "$.model"),
    ):
        with pytest.raises(error) as refused:
            await turns.say(caller, "x", **fields)
        assert refused.value.path == path


async def test_a_plan_pins_month_price_and_what_may_be_said(turns: Harness) -> None:
    caller = await turns.person(credits=6)
    started = await turns.say(caller, "[demo: slow] x", params=TurnParams(max_output_tokens=9_999))
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    now = datetime.now(UTC)
    assert run.plan.month == date(now.year, now.month, 1)
    assert run.plan.output_cap == 9_999
    assert run.plan.short_of is FinishReason.CREDITS
    assert STEP_TOKENS < run.plan.max_output < 9_999
    assert run.plan.params.max_output_tokens == run.plan.max_output


async def test_tools_and_a_schema_are_a_part_of_the_input(turns: Harness) -> None:
    caller = await turns.person()

    async def input_tokens(**params: Any) -> int:
        asked = TurnRequest(text="Hello", params=TurnParams(**params))
        return (await turns.engine.estimate(caller, asked)).input_tokens

    wants = JsonSchemaFormat(schema={"type": "object", "description": "long " * 300})
    plain = await input_tokens(tools=[])
    assert await input_tokens() > await input_tokens(tools=["current_time"]) > plain
    assert await input_tokens(tools=[], response_format=wants) > plain + 300
    started = await turns.say(
        caller, "x", params=TurnParams(response_format=wants, tools=["current_time"])
    )
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    assert [tool.name for tool in run.plan.tools] == ["current_time"]
    outcome = await turns.end(started.cursor)
    (call,) = outcome["receipt"]["calls"]
    assert call["inputTokens"] == run.plan.fitted.input_tokens
