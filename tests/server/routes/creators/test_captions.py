"""A wish for a caption as it is sent, and as the team is asked."""

from typing import Any

import msgspec
import pytest

from agents.team.contexts import CaptionWish, Known
from server.protocol.codec import decode_body
from server.routes.creators.captions import CaptionRequest, job_of
from tests.server.routes.creators.refusing import changed, refused

BODY: dict[str, Any] = {
    "platform": "instagram",
    "contentInfo": {
        "type": "photo",
        "description": "Sunrise over the harbour",
        "mood": "relaxed",
        "targetAudience": "early risers",
        "analyticsInsights": ["Mornings do best."],
    },
}


def test_the_team_is_told_what_was_sent_and_what_is_known() -> None:
    job = job_of(decode_body(msgspec.json.encode(BODY), CaptionRequest))
    known = Known(reader_language="fr")
    assert job.context(known) == CaptionWish(
        platform="instagram",
        content="photo",
        description="Sunrise over the harbour",
        known=known,
        mood="relaxed",
        audience="early risers",
        performance=("Mornings do best.",),
    )
    assert (job.kind, job.feature) == ("caption", "caption")
    assert job.input == BODY
    assert job.about == "instagram photo: Sunrise over the harbour"
    assert job.fan_texts == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("platform", None),
        ("platform", "myspace"),
        ("contentInfo", None),
        ("contentInfo.type", "audio"),
        ("contentInfo.description", None),
        ("contentInfo.description", " "),
        ("contentInfo.mood", "sad"),
        ("contentInfo.targetAudience", ""),
        ("contentInfo.analyticsInsights", "all is well"),
        ("contentInfo.colour", "red"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(path: str, value: Any) -> None:
    assert refused(CaptionRequest, changed(BODY, path, value)) == f"$.{path}"
