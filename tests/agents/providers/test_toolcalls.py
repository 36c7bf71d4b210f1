"""Calls come whole, whatever the order and the gaps of their pieces."""

from agents.providers.toolcalls import GatheredCalls
from server.domain.content import ToolCall


def test_pieces_of_calls_side_by_side_go_to_the_right_one() -> None:
    calls = GatheredCalls()
    calls.open(0, "a", "look")
    calls.open(1, "b", "find")
    calls.add(1, '{"x":')
    calls.add(0, "{}")
    calls.add(1, "1}")
    assert calls.whole() == (
        ToolCall(id="a", name="look", arguments="{}"),
        ToolCall(id="b", name="find", arguments='{"x":1}'),
    )


def test_what_was_said_first_stays() -> None:
    calls = GatheredCalls()
    calls.open(0, "a", None)
    calls.open(0, "", "look")
    calls.open(0, "b", "find")
    assert [(call.id, call.name) for call in calls.whole()] == [("a", "look")]


def test_a_call_without_arguments_has_an_empty_object_and_one_without_an_id_its_place() -> None:
    calls = GatheredCalls()
    calls.open(3, None, "look")
    calls.open(5, None, "find")
    assert [(call.id, call.arguments) for call in calls.whole()] == [
        ("call_0", "{}"),
        ("call_1", "{}"),
    ]


def test_pieces_that_belong_to_no_call_are_none() -> None:
    calls = GatheredCalls()
    calls.add(0, "{}")
    assert calls.whole() == ()


def test_halves_of_surrogate_pairs_meet_and_what_stays_alone_is_replaced() -> None:
    calls = GatheredCalls()
    calls.open(0, "a", "look")
    for piece in ('"\ud83d', "\ude00", '\ud83d"', "\0"):
        calls.add(0, piece)
    assert calls.whole()[0].arguments == '"\U0001f600\ufffd"\ufffd'
