"""The day's cost above what is allowed, and events put aside."""

from datetime import UTC, datetime

from billing.detection.totals import Dead, Top, daily_cost, dead_letters
from server.domain.money import NanoUsd

NOW = datetime(2026, 3, 17, 14, 2, tzinfo=UTC)
USD = 10**9


def test_a_dear_day_names_what_was_dearest() -> None:
    tops = [Top("creator", "ann", 150 * USD), Top("model", "demo/large", 120 * USD)]
    found = daily_cost(NanoUsd(210 * USD), NanoUsd(200 * USD), tops, NOW, NOW)
    assert found.explanation == (
        "AI calls of 2026-03-17 (UTC) have cost $210 by 14:02 UTC, above the $200 that are allowed"
        " a day. Dearest: creator ann ($150) and model demo/large ($120)."
    )
    assert (found.severity, found.evidence["creator"]) == ("watch", "ann")


def test_twice_what_is_allowed_is_grave() -> None:
    found = daily_cost(NanoUsd(400 * USD), NanoUsd(200 * USD), [], NOW, NOW)
    assert (found.severity, found.evidence["times"]) == ("high", 2.0)
    assert found.explanation.endswith("above the $200 that are allowed a day.")


def test_nothing_at_all_may_be_allowed() -> None:
    found = daily_cost(NanoUsd(1), NanoUsd(0), [], NOW, NOW)
    assert (found.severity, found.evidence["times"]) == ("high", None)


def test_events_put_aside_say_since_when_and_why() -> None:
    found = dead_letters(Dead(events=1, since=NOW, reason="It is no JSON."))
    assert found.explanation == (
        "Billing could not write 1 usage event and put them aside, the oldest at 14:02 UTC on"
        " 2026-03-17: nobody is charged for them yet. The newest because: It is no JSON. See"
        " `python -m server deadletters`."
    )
    assert dead_letters(Dead(events=3, since=NOW, reason="x" * 900)).observed == "3 events"
