"""An issue says what an incident is about, how grave it is and where to look."""

from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from billing.alerts import KINDS, Alert
from server.domain.ids import new_id
from server.workers.issuetext import comment_id, comment_text, issue_fields, issue_id

AT = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


def alert(**changes: Any) -> Alert:
    values = {
        "id": new_id(),
        "kind": "cost_spike",
        "scope_kind": "model",
        "scope_key": "gemini/gemini-2.5-pro",
        "severity": "high",
        "state": "open",
        "version": 1,
        "observed": "12.50 USD/min",
        "usual": "0.80 USD/min",
        "explanation": "Model gemini/gemini-2.5-pro costs 15.6 times the usual.",
        "evidence": {
            "times": 15.6,
            "calls": 310,
            "percent": {"creator": 92},
            "agent": None,
            "call": {"callId": "c-1", "costUsd": "0.31"},
            "toldMeasure": 7,
        },
        "since": AT,
        "opened_at": AT,
        "updated_at": AT,
        "quiet_since": None,
        "closed_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "issue_url": None,
        "is_paused": False,
        **changes,
    }
    return Alert(**values)


def test_the_issue_of_an_incident_has_one_id_which_is_of_version_4() -> None:
    first, second = new_id(), new_id()
    assert issue_id(first) == issue_id(first) != issue_id(second)
    assert issue_id(first).version == 4


def test_each_version_of_an_incident_has_one_comment() -> None:
    first = alert()
    second = structs.replace(first, version=2)
    assert comment_id(first) == comment_id(first) != comment_id(second)
    assert comment_id(first).version == 4


def test_it_says_everything_that_is_known() -> None:
    incident = alert()
    said = issue_fields(incident, "https://causerie.example")
    assert said["title"] == "Costs far above the usual: model gemini/gemini-2.5-pro"
    assert said["priority"] == 1
    for part in (
        incident.explanation,
        "| Seen | 12.50 USD/min |",
        "| Usual | 0.80 USD/min |",
        "| times | 15.6 |",
        "| percent | creator 92 |",
        "The dearest request cost $0.31 (call c-1).",
        "| Since | 2026-11-21 14:30 UTC |",
        "(https://causerie.example/admin/costs)",
        str(incident.id),
    ):
        assert part in said["description"]
    assert "agent" not in said["description"]
    assert "costUsd" not in said["description"]
    assert "told" not in said["description"]


def test_figures_cannot_break_the_table() -> None:
    said = issue_fields(alert(evidence={"model": "a|b\nc"}), "")["description"]
    assert "| model | a\\|b c |" in said


def test_every_kind_has_a_title_and_each_severity_a_priority() -> None:
    titles = {issue_fields(alert(kind=kind), "")["title"] for kind in KINDS}
    assert len(titles) == len(KINDS)
    assert issue_fields(alert(severity="watch"), "")["priority"] == 2


def test_the_whole_system_goes_by_that_name() -> None:
    said = issue_fields(alert(scope_kind="system", scope_key=""), "")
    assert said["title"].endswith(": the whole system")


def test_comments_say_how_it_stands() -> None:
    assert "12.50 USD/min" in comment_text(alert())
    assert "looking after it" in comment_text(alert(acknowledged_at=AT))
    assert "paused" in comment_text(alert(is_paused=True))
    over = comment_text(alert(state="closed", closed_at=AT, quiet_since=AT))
    assert over == "It is over since 2026-11-21 14:30 UTC."
