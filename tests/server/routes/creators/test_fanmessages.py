"""A fan message as it is sent, and as the team is asked."""

from datetime import date
from typing import Any

import msgspec
import pytest

from agents.team import contexts
from agents.team.contexts import Creator, FanMessage, Known, Said
from server.protocol.codec import decode_body
from server.routes.creators.fanmessages import FanMessageRequest, job_of
from tests.server.routes.creators.refusing import changed, refused

BODY: dict[str, Any] = {
    "fanId": "fan-17",
    "message": "Tu as de nouvelles photos ?",
    "context": {
        "engagementLevel": "high",
        "purchaseHistory": {"total": "120.50", "lastOrderAt": "2026-11-02T10:00:00Z"},
        "history": [{"by": "fan", "text": "Salut"}, {"by": "creator", "text": "Coucou"}],
    },
}


def test_the_team_is_told_what_was_sent_and_what_is_known() -> None:
    job = job_of(decode_body(msgspec.json.encode(BODY), FanMessageRequest))
    known = Known(creator=Creator(tone="warm"))
    assert job.context(known) == FanMessage(
        message="Tu as de nouvelles photos ?",
        known=known,
        engagement="high",
        purchases=contexts.Purchases(total="120.50 USD", last_order_at=date(2026, 11, 2)),
        history=(Said(by="fan", text="Salut"), Said(by="creator", text="Coucou")),
    )
    assert (job.kind, job.feature) == ("fan_message", "fan_message")
    assert job.input == BODY
    assert job.about == BODY["message"]
    assert job.fan_texts == ("Salut", BODY["message"])


def test_a_message_alone_is_enough() -> None:
    job = job_of(decode_body(b'{"fanId": 17, "message": "hi"}', FanMessageRequest))
    assert job.context(Known()) == FanMessage(message="hi")
    assert job.input == {"fanId": 17, "message": "hi"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("fanId", None),
        ("message", None),
        ("message", ""),
        ("message", " \n"),
        ("message", "x" * 10_001),
        ("context.engagementLevel", "huge"),
        ("context.purchaseHistory.total", "lots"),
        ("context.purchaseHistory.lastOrderAt", "yesterday"),
        ("context.purchaseHistory.averageOrderValue", -1),
        ("context.history", "hi"),
        ("context.mood", "fun"),
        ("fan", "x"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(path: str, value: Any) -> None:
    assert refused(FanMessageRequest, changed(BODY, path, value)) == f"$.{path}"


def test_a_wrong_line_of_the_history_is_named() -> None:
    lines = [{"by": "fan", "text": "hi"}, {"by": "bot", "text": "hi"}]
    body = changed(BODY, "context.history", lines)
    assert refused(FanMessageRequest, body) == "$.context.history[1].by"
    long = [{"by": "fan", "text": "hi"}] * 201
    assert refused(FanMessageRequest, changed(BODY, "context.history", long)) == "$.context.history"
