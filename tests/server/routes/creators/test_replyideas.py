"""A wish for replies as it is sent, and as the team is asked."""

from typing import Any

import msgspec
import pytest

from agents.team.contexts import Fan, Known, ReplyIdeas
from server.protocol.codec import decode_body
from server.routes.creators.replyideas import ReplyIdeasRequest, job_of
from tests.server.routes.creators.refusing import changed, refused

BODY: dict[str, Any] = {
    "fanId": "fan-17",
    "lastMessage": "Wann kommt das neue Video?",
    "messageCount": 12,
    "fanValueCents": 31_050,
}


def test_the_team_is_told_what_was_sent_and_what_is_known() -> None:
    job = job_of(decode_body(msgspec.json.encode(BODY), ReplyIdeasRequest))
    known = Known(reader_language="de")
    assert job.context(known) == ReplyIdeas(
        last_message=BODY["lastMessage"],
        known=known,
        fan=Fan(lifetime_value="310.50 USD"),
        message_count=12,
    )
    assert (job.kind, job.feature) == ("reply_ideas", "suggestion")
    assert job.input == BODY
    assert job.about == BODY["lastMessage"]
    assert job.fan_texts == (BODY["lastMessage"],)


@pytest.mark.parametrize(
    ("cents", "told"),
    [(None, None), (0, "0.00 USD"), (5, "0.05 USD"), (99_999_999_999, "999999999.99 USD")],
)
def test_cents_are_told_as_dollars(cents: int | None, told: str | None) -> None:
    body = msgspec.json.encode(changed(BODY, "fanValueCents", cents))
    asked = job_of(decode_body(body, ReplyIdeasRequest)).context(Known())
    assert isinstance(asked, ReplyIdeas)
    assert asked.fan.lifetime_value == told


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("fanId", None),
        ("lastMessage", None),
        ("lastMessage", ""),
        ("messageCount", -1),
        ("messageCount", "12"),
        ("fanValueCents", -1),
        ("fanValueCents", 0.5),
        ("fanValueCents", 10**11),
        ("message", "hi"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(path: str, value: Any) -> None:
    assert refused(ReplyIdeasRequest, changed(BODY, path, value)) == f"$.{path}"
