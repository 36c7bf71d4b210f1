"""The rules in force follow the settings."""

from billing.alerts import KINDS
from billing.detection.rules import rules_of
from server.alertsettings import AlertSettings


def test_every_kind_has_a_rule() -> None:
    assert [rule.kind for rule in rules_of(AlertSettings()).rules] == list(KINDS)


def test_settings_are_told() -> None:
    settings = AlertSettings(
        alert_daily_cost_usd=None, alert_error_percent=12, burst_block_minutes=30
    )
    rules = {rule.kind: rule for rule in rules_of(settings).rules}
    assert not rules["daily_cost"].enabled
    assert rules["daily_cost"].thresholds == {}
    assert rules["provider_errors"].thresholds["share"] == "12 %"
    assert rules["request_burst"].thresholds["pauses"] == "30 minutes"
