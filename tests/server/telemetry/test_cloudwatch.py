"""Lines that CloudWatch takes, and what it makes of them."""

import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.ids import UserId, new_id
from server.domain.usage import CallOutcome, Usage, UsageEvent
from server.telemetry.cloudwatch import MetricLines
from tests.billing.support import NOON, usage_event
from tests.support.emf import Datum, extract

ANN, BOB = UserId(new_id()), UserId(new_id())


def told(*events: UsageEvent) -> list[bytes]:
    stream = io.BytesIO()
    MetricLines("Causerie", stream).usage(events)
    return stream.getvalue().splitlines()


def total(lines: list[bytes], name: str, **dimensions: str) -> float:
    """The sum of a metric under exactly these dimensions."""
    found: list[Datum] = [datum for line in lines for datum in extract(line)]
    return sum(
        sum(datum.values) for datum in found if (datum.name, datum.dimensions) == (name, dimensions)
    )


def test_a_batch_adds_up_by_feature_agent_and_model_and_in_all() -> None:
    lines = told(
        usage_event(ANN, cost=2_500_000_000),
        usage_event(ANN, cost=500_000_000, outcome=CallOutcome.FAILED),
        usage_event(BOB, cost=1_000_000_000, feature="caption", model="demo/other"),
        usage_event(BOB, cost=0, outcome=CallOutcome.CANCELLED, agent="content"),
    )
    assert total(lines, "Cost") == 4
    assert total(lines, "Cost", Feature="chat") == 3
    assert total(lines, "Cost", Feature="caption") == 1
    assert total(lines, "Cost", Model="demo/causerie-demo") == 3
    assert (total(lines, "Calls"), total(lines, "Calls", Agent="content")) == (4, 1)
    assert (total(lines, "Errors"), total(lines, "Errors", Feature="caption")) == (1, 0)
    assert (total(lines, "InputTokens"), total(lines, "OutputTokens")) == (400, 200)


def test_creators_are_properties_and_never_dimensions() -> None:
    lines = told(usage_event(ANN), usage_event(BOB), usage_event(ANN))
    roots: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
    assert {root["Creator"]: root["Calls"] for root in roots} == {str(ANN): 2, str(BOB): 1}
    names = {name for line in lines for datum in extract(line) for name in datum.dimensions}
    assert names == {"Feature", "Agent", "Model"}


def test_agents_of_creators_own_making_are_one_dimension() -> None:
    lines = told(*(usage_event(who, agent=str(new_id())) for who in (ANN, BOB)))
    assert total(lines, "Calls", Agent="custom") == 2


def test_each_call_s_duration_is_a_value_of_its_own_a_hundred_to_a_line() -> None:
    events = [usage_event(ANN, duration_ms=number) for number in range(250)]
    lines = told(*events)
    assert len(lines) == 3
    heard = [
        value
        for line in lines
        for datum in extract(line)
        if datum.name == "Latency" and not datum.dimensions
        for value in datum.values
    ]
    assert sorted(heard) == list(range(250))


def test_calls_stand_at_the_moment_of_the_newest() -> None:
    (line,) = told(usage_event(ANN, at=NOON + timedelta(seconds=3)), usage_event(ANN, at=NOON))
    assert {datum.at for datum in extract(line)} == {NOON + timedelta(seconds=3)}


@given(st.text(min_size=0, max_size=2_000), st.integers(0, 2**53))
def test_whatever_a_model_is_called_the_line_is_taken(model: str, tokens: int) -> None:
    usage = Usage(input_tokens=tokens, output_tokens=tokens)
    (line,) = told(usage_event(ANN, model=model.encode(errors="ignore").decode(), usage=usage))
    assert total([line], "InputTokens") == tokens


def test_how_things_stand_is_a_line_as_well() -> None:
    stream = io.BytesIO()
    MetricLines("Causerie", stream).standing(
        unwritten_s=1.5, dead_letters=2, alerts_open=3, now=NOON
    )
    found = {datum.name: datum.values for datum in extract(stream.getvalue())}
    assert found == {"UnwrittenAge": [1.5], "DeadLetters": [2], "AlertsOpen": [3]}


def test_a_closed_output_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.BytesIO()
    stream.close()
    MetricLines("Causerie", stream).usage([usage_event(ANN)])
    assert "were not written" in caplog.text
