"""What a session decides: one direct answer a command, rates, and when it is closed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.protocol.codec import Bounds, encode
from server.protocol.events import ErrorEvent, Pong
from server.protocol.machine import (
    Action,
    Attach,
    Cancel,
    Close,
    Estimate,
    MachineLimits,
    Send,
    SessionMachine,
    Start,
    Subscribe,
    Unsubscribe,
)

START_OF_TIME = datetime(2026, 1, 1, tzinfo=UTC)
TURN = "01936e4f-0000-7000-8000-000000000001"
MINUTE = timedelta(minutes=1)


def machine(**limits: Any) -> SessionMachine:
    return SessionMachine(MachineLimits(**limits), START_OF_TIME)


def after(seconds: float) -> datetime:
    return START_OF_TIME + timedelta(seconds=seconds)


def ping(command_id: str = "a") -> str:
    return json.dumps({"type": "ping", "id": command_id})


def cancel(command_id: str = "a") -> str:
    return json.dumps({"type": "turn.cancel", "id": command_id, "turnId": TURN})


def errors(actions: list[Action]) -> list[ErrorEvent]:
    return [a.event for a in actions if isinstance(a, Send) and isinstance(a.event, ErrorEvent)]


def closing(actions: list[Action]) -> int | None:
    return next((action.code for action in actions if isinstance(action, Close)), None)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ({"type": "turn.start", "clientMessageId": TURN, "text": "hi"}, Start),
        ({"type": "turn.estimate", "text": "hi"}, Estimate),
        ({"type": "turn.cancel", "turnId": TURN}, Cancel),
        ({"type": "turn.attach", "turnId": TURN, "afterSeq": 0}, Attach),
        ({"type": "conversation.subscribe", "conversationId": TURN}, Subscribe),
        ({"type": "conversation.unsubscribe", "conversationId": TURN}, Unsubscribe),
    ],
)
def test_each_command_becomes_its_action_and_waits_for_its_answer(
    command: dict[str, Any], kind: type[Action]
) -> None:
    session = machine()
    (action,) = session.receive(json.dumps({**command, "id": "c7"}), START_OF_TIME)
    assert isinstance(action, kind)
    assert session.unanswered == {"c7"}
    session.answered("c7")
    assert session.unanswered == set()


def test_a_ping_is_answered_at_once() -> None:
    session = machine()
    assert session.receive(ping("p"), START_OF_TIME) == [Send(Pong(re="p"))]
    assert session.unanswered == set()


def test_an_id_may_be_used_again_once_it_is_answered() -> None:
    session = machine()
    session.receive(cancel("same"), START_OF_TIME)
    (error,) = errors(session.receive(cancel("same"), START_OF_TIME))
    assert (error.re, error.code, error.path) == ("same", "invalid", "$.id")
    session.answered("same")
    assert session.receive(cancel("same"), START_OF_TIME) != []
    assert session.unanswered == {"same"}


def test_the_burst_then_the_rate_then_a_refusal_that_says_when() -> None:
    session = machine(commands_per_second=20, commands_burst=40)
    for n in range(40):
        assert session.receive(ping(str(n)), START_OF_TIME) == [Send(Pong(re=str(n)))]
    (error,) = errors(session.receive(ping("late"), START_OF_TIME))
    assert (error.re, error.code, error.retryable) == ("late", "rate_limited", True)
    assert error.retry_after == 0.05
    assert isinstance(error.metadata, dict)
    assert error.metadata["resetsAt"] == after(0.05)
    assert session.receive(ping("again"), after(0.05)) == [Send(Pong(re="again"))]
    assert errors(session.receive(ping("early"), after(0.06)))


def test_a_clock_that_goes_back_earns_nothing() -> None:
    session = machine(commands_per_second=1, commands_burst=1)
    session.receive(ping(), after(100))
    assert errors(session.receive(ping(), START_OF_TIME))


def test_no_more_commands_may_wait_than_the_limit() -> None:
    session = machine(unanswered_commands=32)
    for n in range(32):
        session.receive(cancel(str(n)), START_OF_TIME)
    (error,) = errors(session.receive(cancel("one-more"), START_OF_TIME))
    assert (error.re, error.code) == ("one-more", "rate_limited")
    session.answered("0")
    session.receive(cancel("one-more"), START_OF_TIME)
    assert "one-more" in session.unanswered


def test_the_twentieth_refusal_for_rate_within_a_minute_closes_with_4429() -> None:
    session = machine(commands_per_second=1, commands_burst=1)
    session.receive(ping(), START_OF_TIME)
    answers = [session.receive(ping(), START_OF_TIME) for _ in range(20)]
    assert [closing(actions) for actions in answers] == [None] * 19 + [4429]
    assert all(len(errors(actions)) == 1 for actions in answers)
    assert session.receive(ping(), after(999)) == []


def test_refusals_older_than_a_minute_are_forgotten() -> None:
    session = machine(commands_per_second=1, commands_burst=1, refused_commands_per_minute=2)
    session.receive(ping(), START_OF_TIME)
    assert closing(session.receive(ping(), START_OF_TIME)) is None
    session.receive(ping(), after(61))
    assert closing(session.receive(ping(), after(61))) is None
    assert closing(session.receive(ping(), after(61))) == 4429


def test_twenty_bad_frames_a_minute_are_answered_the_next_closes_with_1008() -> None:
    session = machine()
    answers = [session.receive("{", after(n)) for n in range(21)]
    assert [closing(actions) for actions in answers] == [None] * 20 + [1008]
    assert all(errors(actions)[0].code == "invalid" for actions in answers)


def test_bad_frames_spread_over_time_close_nothing() -> None:
    session = machine()
    assert all(closing(session.receive("{", after(n * 3.1))) is None for n in range(100))


def test_a_binary_frame_closes_with_1003() -> None:
    session = machine()
    assert closing(session.receive(ping().encode(), START_OF_TIME)) == 1003
    assert session.receive(ping(), START_OF_TIME) == []


def test_a_frame_above_the_limit_closes_with_1009() -> None:
    session = machine(bounds=Bounds(frame_bytes=10))
    actions = session.receive(ping(), START_OF_TIME)
    assert (errors(actions)[0].code, closing(actions)) == ("too_large", 1009)


@given(st.lists(st.text() | st.binary() | st.sampled_from([ping(), cancel("x")]), max_size=30))
def test_no_frame_raises_and_every_answer_can_be_sent(frames: list[str | bytes]) -> None:
    session = machine()
    closed = False
    for frame in frames:
        actions = session.receive(frame, START_OF_TIME)
        assert not (closed and actions)
        for action in actions:
            if isinstance(action, Send):
                assert encode(action.event)
        closed = closed or closing(actions) is not None


@given(st.lists(st.floats(0, 0.2), max_size=200), st.integers(1, 30), st.integers(1, 50))
def test_no_stretch_of_time_admits_more_than_burst_plus_rate(
    pauses: list[float], rate: int, burst: int
) -> None:
    session = machine(
        commands_per_second=rate, commands_burst=burst, refused_commands_per_minute=10_000
    )
    now, admitted = 0.0, list[float]()
    for pause in pauses:
        now += pause
        if not errors(session.receive(ping(), after(now))):
            admitted.append(now)
    for first, start in enumerate(admitted):
        for last in range(first, len(admitted)):
            assert last - first + 1 <= burst + rate * (admitted[last] - start) + 0.001


class OneAnswerEach(RuleBasedStateMachine):
    """However frames and answers interleave, a command has one direct answer, or waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.session = machine(commands_per_second=5, commands_burst=10, unanswered_commands=4)
        self.now = START_OF_TIME
        self.sent = self.answered = 0
        self.closed = False

    @rule(command_id=st.sampled_from("abcdefgh"), build=st.sampled_from([ping, cancel]))
    def send(self, command_id: str, build: Any) -> None:
        actions = self.session.receive(build(command_id), self.now)
        if self.closed:
            assert actions == []
            return
        self.sent += 1
        direct = [a for a in actions if isinstance(a, Send) and _re(a) == command_id]
        self.answered += len(direct)
        asked = [action for action in actions if not isinstance(action, Send | Close)]
        assert len(direct) + len(asked) == 1
        self.closed = closing(actions) is not None

    @rule(seconds=st.floats(0, 3))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        waiting = sorted(self.session.unanswered)
        if waiting:
            self.session.answered(data.draw(st.sampled_from(waiting)))
            self.answered += 1

    @invariant()
    def every_command_is_answered_or_waiting(self) -> None:
        assert self.sent == self.answered + len(self.session.unanswered)
        assert len(self.session.unanswered) <= 4


def _re(action: Send) -> object:
    return getattr(action.event, "re", None)


TestOneAnswerEach = OneAnswerEach.TestCase
