"""The running count keeps up with what was said, and gives way to the provider's figures."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from agents.events import CallFinished, CallStarted
from agents.tokens import count_text
from billing.listprices import ListPrices
from billing.prices import PriceBook
from billing.pricing import cost
from server.domain.ids import CallId, new_id
from server.domain.money import PicoUsd
from server.domain.usage import CallOutcome, Price, Usage, UsageSource
from server.turns.meter import RECOUNT_BYTES, Meter, Strand
from server.turns.tariff import Tariff

PRICE = Price(input=PicoUsd(1_000), output=PicoUsd(2_000))
NOW = datetime(2026, 3, 1, tzinfo=UTC)

WORDS = st.lists(st.text(st.sampled_from("ab1 ,.\nλ語🙂"), min_size=1, max_size=40), max_size=80)


def meter() -> Meter:
    return Meter(Tariff(PriceBook(ListPrices([]), {"demo/x": PRICE}), NOW), lambda: NOW)


def strand() -> Strand:
    return meter().main


def started(input_tokens: int = 10, agent: str = "assistant") -> CallStarted:
    return CallStarted(
        call_id=CallId(new_id()),
        agent=agent,
        provider="demo",
        model="demo/x",
        input_tokens=input_tokens,
    )


@given(WORDS)
def test_the_running_count_is_never_behind_by_more_than_one_recount(texts: list[str]) -> None:
    counted, call = strand(), started()
    counted.started(call)
    for text in texts:
        counted.delivered(text)
    said = "".join(texts)
    fresh = RECOUNT_BYTES + len(texts[-1].encode()) if texts else 0
    recounts = len(said.encode()) // RECOUNT_BYTES
    assert counted.output_tokens >= count_text(said) - fresh
    # Each cut may split one token in two, or hide a space from the end of its line.
    assert counted.output_tokens <= count_text(said) + 2 * recounts


@given(WORDS, WORDS)
def test_reasoning_is_output_too(thoughts: list[str], texts: list[str]) -> None:
    counted = strand()
    counted.started(started(input_tokens=7))
    for thought in thoughts:
        counted.reasoned(thought)
    for text in texts:
        counted.delivered(text)
    # As many recounts for both, so as many tokens: whichever way it came, it is output.
    alike = strand()
    alike.started(started(input_tokens=7))
    for text in [*thoughts, *texts]:
        alike.delivered(text)
    assert counted.output_tokens == alike.output_tokens
    counted.close(CallOutcome.CANCELLED)
    (call,) = counted.calls
    reasoning = count_text("".join(thoughts))
    assert call.usage == Usage(
        input_tokens=7,
        output_tokens=count_text("".join(texts)) + reasoning,
        reasoning_tokens=reasoning,
        source=UsageSource.ESTIMATED,
    )


@given(WORDS)
def test_a_call_that_was_cut_off_is_counted_exactly_and_marked(texts: list[str]) -> None:
    counted = strand()
    counted.started(started(input_tokens=7))
    for text in texts:
        counted.delivered(text)
    counted.close(CallOutcome.CANCELLED)
    (call,) = counted.calls
    assert call.usage == Usage(
        input_tokens=7, output_tokens=count_text("".join(texts)), source=UsageSource.ESTIMATED
    )
    assert call.cost_usd == cost(call.usage, PRICE) == counted.cost_so_far()
    assert (call.outcome, counted.said_before) == (
        CallOutcome.CANCELLED,
        call.usage.output_tokens,
    )


def test_the_provider_s_figures_replace_the_count_and_calls_add_up() -> None:
    counted = strand()
    for tokens in (5, 7):
        call = started()
        counted.started(call)
        counted.delivered("word " * 500)
        assert counted.output_tokens > 400
        counted.finished(
            CallFinished(
                call_id=call.call_id,
                usage=Usage(input_tokens=3, output_tokens=tokens),
                outcome=CallOutcome.OK,
            )
        )
    assert (counted.output_tokens, counted.said_before) == (0, 12)
    assert counted.cost_so_far() == sum(call.cost_usd for call in counted.calls)
    counted.close(CallOutcome.FAILED)
    assert len(counted.calls) == 2


def test_a_running_call_costs_its_input_from_the_start() -> None:
    counted = strand()
    assert counted.cost_so_far() == 0
    counted.started(started(input_tokens=1_000))
    assert counted.cost_so_far() == 1_000


def test_it_knows_who_answers_at_present() -> None:
    counted = strand()
    seen = [counted.model]
    counted.started(started())
    seen.append(counted.model)
    counted.close(CallOutcome.FAILED)
    seen.append(counted.model)
    assert seen == [None, ("demo", "demo/x"), ("demo", "demo/x")]


def test_calls_of_several_agents_are_told_apart_and_added_up() -> None:
    counted = meter()
    sales, content = counted.strand(), counted.strand()
    first, second = started(agent="sales"), started(agent="content")
    sales.started(first)
    content.started(second)
    sales.unsaid("word " * 500)
    content.unsaid("word")
    assert (sales.output_tokens > 400, content.output_tokens) == (True, 0)
    assert counted.open == [first, second]
    assert counted.cost_so_far() == sales.cost_so_far() + content.cost_so_far() > 0
    content.finished(
        CallFinished(
            call_id=second.call_id,
            usage=Usage(input_tokens=3, output_tokens=1),
            outcome=CallOutcome.OK,
        )
    )
    counted.close(CallOutcome.CANCELLED)
    assert [call.agent for call in counted.calls] == ["content", "sales"]
    assert (sales.calls, content.calls) == (counted.calls[1:], counted.calls[:1])
    assert (counted.main.calls, counted.open) == ([], [])
