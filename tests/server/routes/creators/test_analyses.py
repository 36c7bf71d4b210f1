"""Figures as they are sent, and as the team is asked about them."""

from typing import Any

import msgspec
import pytest

from agents.team.contexts import Figure, Known, Performance
from server.protocol.codec import decode_body
from server.routes.creators.analyses import AnalysisRequest, job_of
from tests.server.routes.creators.refusing import changed, refused

BODY: dict[str, Any] = {
    "metrics": {
        "platforms": ["instagram", "onlyfans"],
        "contentTypes": ["photo"],
        "timeframe": "last 30 days",
        "engagementData": {"likes": 1200, "comments": 0, "views": 54000},
        "revenueData": {"onlyfans": "1250.50", "instagram": 12},
        "audienceData": {
            "followers": 8100,
            "demographics": {"age": {"18-24": 0.4, "25-34": 0.35}, "country": "mostly France"},
        },
    },
    "analysis": "revenue",
    "accountId": "acct-1",
}


def test_the_team_is_told_every_figure_by_a_name_that_says_what_it_is() -> None:
    job = job_of(decode_body(msgspec.json.encode(BODY), AnalysisRequest))
    known = Known(figures=(Figure(name="active subscriptions", value="7"),))
    assert job.context(known) == Performance(
        platforms=("instagram", "onlyfans"),
        content_types=("photo",),
        timeframe="last 30 days",
        metrics=tuple(
            Figure(name=name, value=value)
            for name, value in (
                ("likes", "1200"),
                ("comments", "0"),
                ("views", "54000"),
                ("revenue on onlyfans", "1250.50 USD"),
                ("revenue on instagram", "12 USD"),
                ("followers", "8100"),
                ("audience, age 18-24", "0.4"),
                ("audience, age 25-34", "0.35"),
                ("audience, country", "mostly France"),
            )
        ),
        known=known,
        analysis="revenue",
    )
    assert (job.kind, job.feature) == ("analysis", "analysis")
    assert job.input == BODY
    assert job.about == "revenue instagram onlyfans photo"


def test_figures_of_posts_are_not_needed() -> None:
    metrics = {"platforms": ["tiktok"], "contentTypes": [], "timeframe": "this week"}
    job = job_of(decode_body(msgspec.json.encode({"metrics": metrics}), AnalysisRequest))
    assert job.context(Known()) == Performance(
        platforms=("tiktok",), content_types=(), timeframe="this week", metrics=()
    )
    assert job.about == "performance tiktok"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metrics", None),
        ("metrics.platforms", None),
        ("metrics.platforms", []),
        ("metrics.platforms", ["x"] * 21),
        ("metrics.contentTypes", None),
        ("metrics.timeframe", ""),
        ("metrics.engagementData.likes", -1),
        ("metrics.engagementData.shares", 0.5),
        ("metrics.engagementData.saves", 5),
        ("metrics.revenueData", {str(number): 1 for number in range(51)}),
        ("metrics.audienceData.followers", "many"),
        ("metrics.audienceData.demographics", [1]),
        ("analysis", "weather"),
        ("accountId", ""),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(path: str, value: Any) -> None:
    assert refused(AnalysisRequest, changed(BODY, path, value)) == f"$.{path}"


def test_a_wrong_amount_is_named_as_one_of_the_revenues() -> None:
    body = changed(BODY, "metrics.revenueData", {"onlyfans": "lots"})
    assert refused(AnalysisRequest, body) == "$.metrics.revenueData[...]"
