"""Alerts as news: whoever has heard everything up to a watermark is told what came after it."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs

from billing.alerts import Alert
from server.domain.ids import new_id
from server.sockets.alertnews import CLOSED_MAX, AlertNews

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
IDS = [new_id() for _ in range(4)]


def alert(number: int = 0, **changed: Any) -> Alert:
    one = Alert(
        id=IDS[number],
        kind="cost_spike",
        scope_kind="model",
        scope_key="demo/a",
        severity="watch",
        state="open",
        version=1,
        observed="4.10 USD",
        usual="0.93 USD",
        explanation="4.4 times the usual.",
        evidence={},
        since=NOON,
        opened_at=NOON,
        updated_at=NOON,
        quiet_since=None,
        closed_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
        issue_url=None,
        is_paused=False,
    )
    return structs.replace(one, **changed)


def said(frames: list[bytes]) -> list[dict[str, Any]]:
    return [json.decode(frame) for frame in frames]


def test_an_alert_is_opened_updated_when_it_is_paused_and_closed() -> None:
    news = AlertNews()
    news.refresh([alert()], 5)
    (opened,) = said(news.since(4))
    assert (opened["type"], opened["alert"]["scope"]) == ("alert.opened", "model demo/a")
    assert (opened["alert"]["scopeKind"], opened["alert"]["scopeKey"]) == ("model", "demo/a")
    assert news.since(5) == []
    news.refresh([alert(is_paused=True)], 6)
    (updated,) = said(news.since(5))
    assert (updated["type"], updated["alert"]["paused"]) == ("alert.updated", True)
    news.refresh([alert(is_paused=True, acknowledged_at=NOON)], 7)
    assert said(news.since(6))[0]["alert"]["acknowledged"]
    news.refresh([], 8)
    assert said(news.since(7)) == [{"type": "alert.closed", "id": str(IDS[0])}]


def test_who_slept_through_an_incident_hears_nothing_of_it() -> None:
    news = AlertNews()
    news.refresh([alert()], 2)
    news.refresh([], 3)
    assert news.since(1) == []


def test_who_missed_too_many_closings_needs_a_snapshot() -> None:
    news = AlertNews()
    for number in range(CLOSED_MAX + 1):
        news.refresh([structs.replace(alert(), id=new_id())], 2 * number + 1)
        news.refresh([], 2 * number + 2)
    assert not news.follows(1)
    assert news.follows(2)


@given(
    st.lists(st.dictionaries(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=12),
    st.data(),
)
def test_whoever_is_told_from_time_to_time_knows_what_is_open(
    states: list[dict[int, int]], data: st.DataObject
) -> None:
    news, base, known = AlertNews(), 0, dict[str, str]()
    over, before = set[int](), set[int]()
    for mark, state in enumerate(states, start=1):
        over |= before - state.keys()
        for number in over & state.keys():
            del state[number]
        before = set(state)
        news.refresh([alert(n, observed=str(size)) for n, size in state.items()], mark)
        if mark < len(states) and data.draw(st.booleans()):
            continue
        for event in said(news.since(base)):
            if event["type"] == "alert.closed":
                del known[event["id"]]
            else:
                assert (event["alert"]["id"] in known) == (event["type"] == "alert.updated")
                known[event["alert"]["id"]] = event["alert"]["observed"]
        base = mark
    assert known == {str(IDS[n]): str(size) for n, size in states[-1].items()}
