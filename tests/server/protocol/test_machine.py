"""What a session decides: one direct answer a command, rates, and when it is closed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.protocol.codec import encode
from server.protocol.events import ErrorEvent, Pong
from server.protocol.gate import Close, MachineLimits
from server.protocol.machine import (
    Action,
    Attach,
    Cancel,
    Estimate,
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
