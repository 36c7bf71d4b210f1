"""The estimate is steady, near the vendor's count, and exact where the demo counts by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.tokens import (
    MESSAGE_TOKENS,
    PIECE,
    REPLY_TOKENS,
    count_extras,
    count_prompt,
    count_text,
)
from server.domain.content import ChatMessage, OutputSchema, Role, ToolCall, ToolSpec

# Counted once with OpenAI's o200k vocabulary.
ENGLISH = (
    "Sure! Here's a quick overview of how the billing works. When you send a message, the server "
    "first estimates the cost and places a hold on your balance. As the answer streams in, the "
    "hold is extended if needed. Once it completes, only what was actually used is charged, and "
    "the remainder is released back to you immediately.\n\n- **Hold**: reserved up front\n"
    "- **Capture**: the actual amount\n- **Release**: whatever is left\n"
)
CHINESE = "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。"


@pytest.mark.parametrize(("text", "o200k"), [(ENGLISH, 94), (CHINESE, 37)])
def test_the_count_covers_the_vendors_without_being_far_above_it(text: str, o200k: int) -> None:
    assert o200k <= count_text(text) <= 1.35 * o200k


@given(st.text())
def test_pieces_leave_nothing_out(text: str) -> None:
    assert "".join(PIECE.findall(text)) == text


@given(st.text(), st.data())
def test_what_was_delivered_counts_as_the_beginning_of_the_whole(
    text: str, data: st.DataObject
) -> None:
    pieces = PIECE.findall(text)
    delivered = data.draw(st.integers(0, len(pieces)))
    assert PIECE.findall("".join(pieces[:delivered])) == pieces[:delivered]


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(first: str, second: str) -> None:
    assert count_text(first + second) >= count_text(first)


def test_nothing_is_no_tokens() -> None:
    assert count_text("") == 0


def test_a_prompt_counts_what_the_wire_adds_to_each_message() -> None:
    said = ChatMessage(role=Role.USER, text="Hello")
    assert count_prompt("", ()) == REPLY_TOKENS
    assert count_prompt("", (said, said)) == REPLY_TOKENS + 2 * (MESSAGE_TOKENS + 1)
    assert count_prompt("Hello", (said,)) == count_prompt("", (said, said))


def test_tools_and_schemas_are_a_part_of_the_input() -> None:
    tool = ToolSpec(name="clock", description="Tells the time.", parameters={"type": "object"})
    output = OutputSchema(name="a", schema={"type": "object", "description": "long " * 100})
    assert count_extras([], None) == 0
    assert count_extras([tool], None) > count_text("clock Tells the time.")
    assert count_extras([tool], output) == count_extras([tool], None) + count_extras([], output)
    assert count_extras([], output) > 100


def test_what_a_model_asked_of_tools_is_read_again() -> None:
    plain = ChatMessage(role=Role.ASSISTANT, text="x")
    call = ToolCall(id="1", name="clock", arguments='{"zone": "Europe/Paris"}')
    asking = ChatMessage(role=Role.ASSISTANT, text="x", tool_calls=(call,))
    assert count_prompt("", [asking]) > count_prompt("", [plain]) + 8
