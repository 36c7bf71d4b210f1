"""When an incident is worth telling again, and when it is over."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from billing.alerts import Alert, Severity
from billing.detection.findings import Finding
from billing.detection.lifecycle import is_news, is_over
from billing.detection.scopes import SYSTEM
from server.domain.ids import new_id
from tests.billing.support import NOON

ALERT = Alert(
    id=new_id(),
    kind="cost_spike",
    scope_kind="system",
    scope_key="",
    severity="watch",
    state="open",
    version=1,
    observed="",
    usual="",
    explanation="",
    evidence={"toldMeasure": 100.0},
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


@pytest.mark.parametrize(
    ("was", "now", "measure", "news"),
    [
        ("watch", "watch", 124.0, False),
        ("watch", "watch", 125.0, True),
        ("watch", "high", 90.0, True),
        ("high", "watch", 100.0, False),
        ("high", "high", 200.0, True),
    ],
)
def test_what_is_graver_or_a_quarter_more_is_news(
    was: Severity, now: Severity, measure: float, *, news: bool
) -> None:
    fields: dict[str, Any] = {"observed": "", "usual": "", "explanation": "", "evidence": {}}
    finding = Finding(
        kind="cost_spike", scope=SYSTEM, severity=now, since=NOON, measure=measure, **fields
    )
    assert is_news(structs.replace(ALERT, severity=was), finding) is news


def test_ten_minutes_of_quiet_end_it() -> None:
    assert not is_over(None, NOON)
    assert not is_over(NOON, NOON + timedelta(minutes=9, seconds=59))
    assert is_over(NOON, NOON + timedelta(minutes=10))
