"""What any session may send, whatever its dialect: rates, bad frames, the ends they lead to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.protocol.codec import Bounds, decode
from server.protocol.commands import CancelTurn, ClientCommand, Ping
from server.protocol.events import ErrorEvent
from server.protocol.gate import Close, Gate, MachineLimits, Refuse, Verdict

START_OF_TIME = datetime(2026, 1, 1, tzinfo=UTC)
TURN = "01936e4f-0000-7000-8000-000000000001"


def machine(**limits: Any) -> Gate[ClientCommand]:
    return Gate(MachineLimits(**limits), START_OF_TIME, decode)


def after(seconds: float) -> datetime:
    return START_OF_TIME + timedelta(seconds=seconds)


def ping(command_id: str = "a") -> str:
    return json.dumps({"type": "ping", "id": command_id})


def cancel(command_id: str = "a") -> str:
    return json.dumps({"type": "turn.cancel", "id": command_id, "turnId": TURN})


def answered_ping(session: Gate[ClientCommand], now: datetime) -> ClientCommand | list[Verdict]:
    """A ping that is answered at once, as sessions do."""
    received = session.receive(ping(), now)
    session.answered("a")
    return received


def errors(received: ClientCommand | list[Verdict]) -> list[ErrorEvent]:
    verdicts = received if isinstance(received, list) else []
    return [item.event for item in verdicts if isinstance(item, Refuse)]


def closing(received: ClientCommand | list[Verdict]) -> int | None:
    verdicts = received if isinstance(received, list) else []
    return next((item.code for item in verdicts if isinstance(item, Close)), None)


def test_an_id_may_be_used_again_once_it_is_answered() -> None:
    session = machine()
    session.receive(cancel("same"), START_OF_TIME)
    (error,) = errors(session.receive(cancel("same"), START_OF_TIME))
    assert (error.re, error.code, error.path) == ("same", "invalid", "$.id")
    session.answered("same")
    assert isinstance(session.receive(cancel("same"), START_OF_TIME), CancelTurn)
    assert session.unanswered == {"same"}


def test_the_burst_then_the_rate_then_a_refusal_that_says_when() -> None:
    session = machine(commands_per_second=20, commands_burst=40)
    for n in range(40):
        assert session.receive(cancel(str(n)), START_OF_TIME) != []
        session.answered(str(n))
    (error,) = errors(session.receive(ping("late"), START_OF_TIME))
    assert (error.re, error.code, error.retryable) == ("late", "rate_limited", True)
    assert error.retry_after == 0.05
    assert isinstance(error.metadata, dict)
    assert error.metadata["resetsAt"] == after(0.05)
    assert session.receive(ping("again"), after(0.05)) == Ping(id="again")
    assert errors(session.receive(ping("early"), after(0.06)))


def test_a_clock_that_goes_back_earns_nothing() -> None:
    session = machine(commands_per_second=1, commands_burst=1)
    answered_ping(session, after(100))
    assert errors(answered_ping(session, START_OF_TIME))


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
    answered_ping(session, START_OF_TIME)
    answers = [answered_ping(session, START_OF_TIME) for _ in range(20)]
    assert [closing(actions) for actions in answers] == [None] * 19 + [4429]
    assert all(len(errors(actions)) == 1 for actions in answers)
    assert answered_ping(session, after(999)) == []


def test_refusals_older_than_a_minute_are_forgotten() -> None:
    session = machine(commands_per_second=1, commands_burst=1, refused_commands_per_minute=2)
    answered_ping(session, START_OF_TIME)
    assert closing(answered_ping(session, START_OF_TIME)) is None
    answered_ping(session, after(61))
    assert closing(answered_ping(session, after(61))) is None
    assert closing(answered_ping(session, after(61))) == 4429


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
    assert answered_ping(session, START_OF_TIME) == []


def test_a_frame_above_the_limit_closes_with_1009() -> None:
    session = machine(bounds=Bounds(frame_bytes=10))
    actions = answered_ping(session, START_OF_TIME)
    assert (errors(actions)[0].code, closing(actions)) == ("too_large", 1009)


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
        if not errors(answered_ping(session, after(now))):
            admitted.append(now)
    for first, start in enumerate(admitted):
        for last in range(first, len(admitted)):
            assert last - first + 1 <= burst + rate * (admitted[last] - start) + 0.001
