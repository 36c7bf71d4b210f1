"""A wish for ideas as it is sent, and as the team is asked."""

from typing import Any

import msgspec
import pytest

from agents.team.contexts import ContentIdeas, Figure, Known
from server.protocol.codec import decode_body
from server.routes.creators.contentideas import ContentIdeasRequest, job_of
from tests.server.routes.creators.refusing import changed, refused

BODY: dict[str, Any] = {
    "type": "short videos",
    "context": {
        "season": "winter\n in the north",
        "platforms": ["tiktok", "instagram"],
        "aWeek": 3,
        "blank": " ",
        "paid": True,
    },
}


def test_the_team_is_told_what_was_sent_and_what_is_known() -> None:
    job = job_of(decode_body(msgspec.json.encode(BODY), ContentIdeasRequest))
    known = Known(reader_language="en")
    assert job.context(known) == ContentIdeas(
        type="short videos",
        known=known,
        context=(
            Figure(name="season", value="winter in the north"),
            Figure(name="platforms", value="tiktok, instagram"),
            Figure(name="aWeek", value="3"),
            Figure(name="paid", value="yes"),
        ),
    )
    assert (job.kind, job.feature) == ("content_ideas", "suggestion")
    assert job.input == BODY
    assert job.about == "short videos winter in the north tiktok, instagram 3 yes"
    assert job.fan_texts == ()


def test_a_type_alone_is_enough() -> None:
    job = job_of(decode_body(b'{"type": "photos"}', ContentIdeasRequest))
    assert job.context(Known()) == ContentIdeas(type="photos")
    assert job.about == "photos"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", None),
        ("type", " "),
        ("type", "x" * 201),
        ("context", "winter"),
        ("context", {str(number): 1 for number in range(51)}),
        ("topic", "x"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(path: str, value: Any) -> None:
    assert refused(ContentIdeasRequest, changed(BODY, path, value)) == f"$.{path}"


@pytest.mark.parametrize("value", ["", None, 2**53 + 1, {"deeper": "still"}, ["x"] * 21])
def test_of_the_context_only_words_figures_and_lists_of_words_are_taken(value: Any) -> None:
    body = {"type": "photos", "context": {"season": value}}
    assert refused(ContentIdeasRequest, body) == "$.context[...]"
