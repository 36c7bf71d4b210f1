"""What fits a window, and what stays where it was while a dialogue grows."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.context import SUMMARY_HEADING, Fitted, fit
from agents.tokens import MESSAGE_TOKENS, REPLY_TOKENS, TOOL_TOKENS
from server.domain.content import ChatMessage, Image, Role, ToolCall
from server.domain.errors import Invalid
from server.domain.ids import new_id

ROLES = (Role.USER, Role.ASSISTANT)


def dialogue(sizes: list[int]) -> tuple[ChatMessage, ...]:
    """Messages in turn, of so many characters: with ``len`` as counter, of so many tokens."""
    return tuple(ChatMessage(role=ROLES[at % 2], text="x" * size) for at, size in enumerate(sizes))


def fitted(messages: tuple[ChatMessage, ...], window: int, reserve: int = 0) -> Fitted:
    return fit("", messages, window_tokens=window, reserve_output=reserve, count=len)


def tokens(messages: tuple[ChatMessage, ...]) -> int:
    return REPLY_TOKENS + sum(MESSAGE_TOKENS + len(message.text) for message in messages)


def test_what_fits_is_left_alone() -> None:
    messages = dialogue([10, 20, 30])
    assert fitted(messages, 1000) == Fitted(
        messages=messages, input_tokens=tokens(messages), dropped=0
    )


def test_instructions_and_the_room_for_the_answer_take_their_part() -> None:
    messages = dialogue([50, 50, 50])
    wide = fit("x" * 50, messages, window_tokens=400, reserve_output=0, count=len)
    assert (wide.dropped, wide.input_tokens) == (0, tokens(messages) + MESSAGE_TOKENS + 50)
    assert fit("x" * 50, messages, window_tokens=400, reserve_output=250, count=len).dropped > 0


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=40),
    st.integers(70, 2000),
    st.integers(0, 500),
)
def test_the_newest_message_stays_and_the_window_holds(
    sizes: list[int], window: int, reserve: int
) -> None:
    messages = dialogue(sizes)
    if tokens(messages[-1:]) > window - reserve:
        with pytest.raises(Invalid):
            fitted(messages, window, reserve)
        return
    result = fitted(messages, window, reserve)
    assert result.messages == messages[result.dropped :]
    assert result.messages[-1:] == messages[-1:]
    assert result.input_tokens == tokens(result.messages) <= window - reserve
    if tokens(messages) <= window - reserve:
        assert result.dropped == 0
    elif len(result.messages) > 1:
        assert result.messages[0].role is Role.USER


def test_the_beginning_stays_the_same_for_many_turns() -> None:
    """Providers sell a prompt at a tenth when it begins like the one before."""
    sizes = [20] * 400
    begins = [fitted(dialogue(sizes[:length]), 1000).dropped for length in range(1, 400, 2)]
    assert begins[-1] > 100
    changes = sum(1 for one, two in pairwise(begins) if one != two)
    # A quarter of the window is ten messages of this size, so five turns of two.
    assert changes <= len(begins) / 5 + 1
    assert begins == sorted(begins)


def test_at_least_half_of_the_window_is_used_when_messages_are_small() -> None:
    for length in range(101, 399, 2):
        assert fitted(dialogue([20] * length), 1000).input_tokens > 500


def test_a_message_too_long_by_itself_is_told_with_figures() -> None:
    with pytest.raises(Invalid) as told:
        fitted(dialogue([10, 10, 900]), 1000, 200)
    assert told.value.path == "$.text"
    assert told.value.metadata == {"inputTokens": 904, "limit": 797, "windowTokens": 1000}
    assert "904" in told.value.message


def test_an_empty_dialogue_is_empty() -> None:
    assert fitted((), 100).messages == ()


def test_pictures_take_room_like_text() -> None:
    picture = Image(media_id=new_id(), media_type="image/png", width=30, height=20)
    seen = ChatMessage(role=Role.USER, text="x" * 10, images=(picture, picture))
    messages = (seen, *dialogue([10, 10])[::-1])

    def fit_in(window: int) -> Fitted:
        return fit(
            "",
            messages,
            window_tokens=window,
            reserve_output=0,
            count=len,
            count_image=lambda image: image.width + image.height,
            path="$.parts",
        )

    wide = fit_in(1_000)
    assert (wide.dropped, wide.input_tokens) == (0, tokens(messages) + 100)
    assert fit_in(tokens(messages) + 99).dropped > 0
    messages = (seen,)
    with pytest.raises(Invalid) as refused:
        fit_in(100)
    assert refused.value.path == "$.parts"


def prompt(of: Fitted) -> str:
    """What is sent, as one text."""
    said = "".join(f"<{message.role}>{message.text}" for message in of.messages)
    return f"{of.instructions}{said}"


@given(
    st.lists(st.tuples(st.integers(1, 80), st.integers(1, 300)), min_size=2, max_size=60),
    st.integers(600, 3_000),
    st.text(max_size=60),
    st.none() | st.text(min_size=1, max_size=90),
)
def test_a_turn_sends_what_the_turn_before_sent_until_a_cut_and_cuts_are_whole_chunks(
    turns: list[tuple[int, int]], window: int, instructions: str, summary: str | None
) -> None:
    """Each turn is a question and its answer, of so many characters; ``len`` counts tokens."""
    said: list[ChatMessage] = []
    before: Fitted | None = None
    cuts: list[int] = []
    for at, (asked, answered) in enumerate(turns):
        said.append(ChatMessage(role=Role.USER, text=chr(0x4E00 + at) * asked))
        now = fit(
            instructions,
            tuple(said),
            window_tokens=window,
            reserve_output=50,
            count=len,
            summary=lambda dropped: summary if dropped else None,
        )
        assert now.instructions.startswith(instructions)
        if before is not None and now.dropped == before.dropped:
            assert prompt(now).startswith(prompt(before))
        elif before is not None:
            assert now.dropped > before.dropped
            cuts.append(sum(MESSAGE_TOKENS + len(message.text) for message in said))
        before = now
        said.append(ChatMessage(role=Role.ASSISTANT, text=chr(0x4E00 + at) * answered))
    # Between two cuts the dialogue has grown by a quarter of the room, less the turn it was cut in.
    room = window - 50 - REPLY_TOKENS - MESSAGE_TOKENS - len(instructions)
    longest = 2 * MESSAGE_TOKENS + 380
    chunk = (room - room // 8) // 4
    # The first cut comes late: only then is room kept for a summary.
    least = [chunk - room // 8, *[chunk] * len(cuts)]
    grown = [later - sooner for sooner, later in pairwise(cuts)]
    assert all(by >= chunks - longest for by, chunks in zip(grown, least, strict=False))
    assert len(cuts) <= sum(map(sum, turns)) / chunk + len(turns) * 8 / chunk + 1


def told(summary: str) -> Callable[[int], str | None]:
    """What was dropped, if anything was."""
    return lambda dropped: summary if dropped else None


def test_a_summary_stands_behind_the_instructions_of_what_was_dropped_and_only_then() -> None:
    few, many = dialogue([20] * 5), dialogue([20] * 101)
    in_window = partial(fit, window_tokens=1_000, reserve_output=0, count=len)
    assert in_window("Be kind.", few, summary=told("They met.")).instructions == "Be kind."
    with_one = in_window("Be kind.", many, summary=told("They met."))
    without = in_window("Be kind.", many)
    assert with_one.instructions == f"Be kind.\n\n{SUMMARY_HEADING}\nThey met."
    assert with_one.messages == without.messages
    assert with_one.dropped == without.dropped > 0
    more = len(with_one.instructions) - len("Be kind.")
    assert with_one.input_tokens == without.input_tokens + more <= 1_000
    bare = in_window("", many, summary=told("They met."))
    assert bare.instructions == f"{SUMMARY_HEADING}\nThey met."


def test_a_summary_that_does_not_fit_is_left_out_and_cuts_nothing() -> None:
    many = dialogue([20] * 101)
    in_window = partial(fit, window_tokens=1_000, reserve_output=0, count=len)
    assert in_window("Be kind.", many, summary=told("x" * 900)) == in_window("Be kind.", many)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=60), st.text(max_size=200))
def test_with_a_summary_the_window_holds_and_the_instructions_stay(
    sizes: list[int], summary: str
) -> None:
    messages = dialogue(sizes)
    kept = fit(
        "Be kind.", messages, window_tokens=400, reserve_output=40, count=len, summary=told(summary)
    )
    assert kept.input_tokens <= 360
    assert kept.instructions.startswith("Be kind.")
    assert kept.input_tokens == (
        REPLY_TOKENS
        + MESSAGE_TOKENS
        + len(kept.instructions)
        + sum(MESSAGE_TOKENS + len(message.text) for message in kept.messages)
    )


def test_tools_that_are_asked_for_and_their_answers_take_room() -> None:
    call = ToolCall(id="1", name="search", arguments='{"q":1}')
    messages = (
        ChatMessage(role=Role.USER, text="Where?"),
        ChatMessage(role=Role.ASSISTANT, text="", tool_calls=(call,)),
        ChatMessage(role=Role.TOOL, text="there", tool_call_id="1"),
    )
    texts = len("Where?") + len("there") + len("search") + len('{"q":1}')
    assert fitted(messages, 1_000).input_tokens == (
        REPLY_TOKENS + 3 * MESSAGE_TOKENS + TOOL_TOKENS + texts
    )
