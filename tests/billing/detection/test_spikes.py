"""From the last hour's calls to findings: judged, attributed, dated."""

from datetime import UTC, datetime, timedelta

from billing.detection.baselines import Baseline
from billing.detection.recent import Recent, Sum
from billing.detection.scopes import SYSTEM, Scope
from billing.detection.spikes import risen_of, spikes, wanted
from tests.billing.detection.rises import filled, key, sums, usual

NOW = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
CHAT = Scope("feature", "chat")


def chat(calls: int, minutes: int) -> Recent:
    """Twenty calls a minute by twenty creators, and then more for so many minutes."""
    keys = [key(number) for number in range(20)]
    return filled(
        NOW, {one: [sums(1)] * (60 - minutes) + [sums(calls // 20)] * minutes for one in keys}
    )


BASELINES: dict[Scope, Baseline] = {
    scope: usual(1_200)
    for scope in (CHAT, SYSTEM, Scope("agent", "assistant"), Scope("model", "demo/small"))
}


def test_usual_traffic_finds_nothing() -> None:
    assert spikes(chat(20, 10), BASELINES, {}, NOW) == []


def test_a_rise_is_found_with_the_minute_of_its_beginning() -> None:
    (found,) = spikes(chat(100, 7), BASELINES, {}, NOW)
    assert found.scope == CHAT
    assert found.since == NOW - timedelta(minutes=7)
    assert (found.observed, found.usual) == ("1 USD/min", "0.2 USD/min")
    assert (found.evidence["times"], found.evidence["callTimes"]) == (5.0, 5.0)
    assert risen_of([found]) == {CHAT: 5.0}


def test_an_incident_goes_on_below_what_would_open_one_and_keeps_its_beginning() -> None:
    since = NOW - timedelta(minutes=40)
    recent = chat(40, 10)
    assert spikes(recent, BASELINES, {}, NOW) == []
    (found,) = spikes(recent, BASELINES, {CHAT: since}, NOW)
    assert (found.scope, found.since) == (CHAT, since)


def test_an_incident_that_has_come_down_is_not_found() -> None:
    assert spikes(chat(20, 10), BASELINES, {CHAT: NOW - timedelta(minutes=40)}, NOW) == []


def test_baselines_are_wanted_of_what_costs_enough_and_of_open_incidents() -> None:
    recent = filled(NOW, {key(1): [sums(30)], key(2, "caption"): [Sum(usd=1, calls=1)]})
    (window,) = recent.windows(NOW, (3_600,))
    known = Scope("model", "demo/gone")
    scopes = wanted(window, {known: NOW})
    assert {known, SYSTEM, CHAT} <= scopes
    assert Scope("feature", "caption") not in scopes
