"""What an incident about cost says."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.alerts import Severity
from billing.detection.baselines import NONE, Baseline
from billing.detection.scopes import SYSTEM, Scope
from billing.detection.words import Rise, finding_of, parts_of
from tests.billing.detection.rises import CENT, creator, filled, key, sums, usual

NOW = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
ANN = Scope("creator", str(creator(1)))
BUSY = Baseline(basis="busy", usd=60 * CENT)


def rise(scope: Scope, per_minute: int, baseline: Baseline) -> Rise:
    return Rise(
        scope=scope,
        since=NOW - timedelta(minutes=5),
        seconds=300,
        per_minute=per_minute * CENT,
        usual_per_minute=baseline.usd / 60,
        calls_per_minute=per_minute,
        baseline=baseline,
        now=NOW,
    )


WINDOW = filled(
    NOW,
    {
        key(1): [sums(30)] * 5,
        key(1, "caption", agent="content"): [sums(10)] * 5,
        key(2): [sums(10)] * 5,
    },
).windows(NOW, (300,))[0]


@pytest.mark.parametrize(
    ("scope", "baseline", "text"),
    [
        (
            ANN,
            usual(600),
            f"Creator {creator(1)} costs 4.0 times the usual since 14:25 UTC: $0.4 a minute instead"
            " of $0.1, as is usual on Tuesdays around 14:00 UTC.",
        ),
        (
            SYSTEM,
            Baseline(basis="day", usd=600 * CENT),
            "The whole system costs 4.0 times the usual since 14:25 UTC: $0.4 a minute instead of"
            " $0.1, as is usual around 14:00 UTC.",
        ),
        (
            ANN,
            BUSY,
            f"Creator {creator(1)} costs 40 times the usual since 14:25 UTC: $0.4 a minute instead"
            " of $0.01, as in a busy hour of its own.",
        ),
        (
            ANN,
            NONE,
            f"Creator {creator(1)} costs $0.4 a minute since 14:25 UTC; it is too new to have a"
            " usual.",
        ),
    ],
)
def test_it_says_how_many_times_the_usual_and_which(
    scope: Scope, baseline: Baseline, text: str
) -> None:
    assert finding_of(rise(scope, 40, baseline), WINDOW, {}).explanation.startswith(text)


def test_it_says_what_made_most_of_it() -> None:
    found = finding_of(rise(ANN, 40, usual(600)), WINDOW, {})
    assert found.explanation.endswith(
        " Most of what is above it was made by feature chat (75 %), model demo/small (100 %) and"
        " agent assistant (75 %)."
    )
    assert (found.evidence["feature"], found.evidence["percent"]["feature"]) == ("chat", 75)
    assert "creator" not in found.evidence
    assert (found.evidence["windowUsd"], found.evidence["calls"]) == ("2", 200)


def test_what_is_usual_for_a_part_made_none_of_it() -> None:
    chat, caption = Scope("feature", "chat"), Scope("feature", "caption")
    baselines = {chat: usual(60 * 40), caption: usual(0.1)}
    assert parts_of(ANN, WINDOW, baselines)["feature"].scope == caption


@pytest.mark.parametrize(
    ("cents", "baseline", "severity"),
    [
        (7, usual(60), "watch"),
        (9, usual(6), "high"),  # many times the usual, and $5 an hour
        (8, usual(6), "watch"),
        (50, usual(600), "watch"),
        (60, usual(600), "high"),  # $25 an hour, whatever the usual
        (9, NONE, "high"),
    ],
)
def test_it_is_grave_when_much_or_many_times(
    cents: int, baseline: Baseline, severity: Severity
) -> None:
    assert finding_of(rise(ANN, cents, baseline), WINDOW, {}).severity == severity
