"""When operators are told, and by which way, is said by the environment and checked at start."""

from ipaddress import ip_network

import pytest

from server.domain.money import NANOS_PER_USD
from server.environment import SettingsError
from server.settings import load


def test_nothing_said_tells_nobody_outside() -> None:
    settings = load({})
    assert (settings.linear_api_key, settings.linear_team) == (None, None)
    assert settings.linear_api_url == "https://api.linear.app/graphql"
    assert settings.cloudwatch_namespace is None
    assert (settings.alert_error_percent, settings.burst_block_minutes) == (5, 0)
    assert (settings.webhooks_per_user, settings.webhook_networks) == (10, ())
    assert (settings.rate_test_per_hour, settings.month_closes_after_days) == (100, 3)


@pytest.mark.parametrize(
    ("text", "dollars"), [("200", 200), ("0", 0), ("0.5", 0.5), ("999999", None)]
)
def test_a_day_may_cost_so_much(text: str, dollars: float | None) -> None:
    found = load({"ALERT_DAILY_COST_USD": text}).alert_daily_cost_usd
    assert found == (None if dollars is None else dollars * NANOS_PER_USD)


@pytest.mark.parametrize(
    "text",
    [
        "https://api.linear.app/graphql",
        "https://linear.internal:8443/graphql",
        "http://127.0.0.1:4000/graphql",
        "http://localhost/graphql",
    ],
)
def test_a_key_goes_by_tls_or_stays_on_this_machine(text: str) -> None:
    assert load({"LINEAR_API_URL": text}).linear_api_url == text


@pytest.mark.parametrize(
    "text",
    [
        "http://api.linear.app/graphql",
        "api.linear.app",
        "https://",
        "https://user:secret-password@api.linear.app/graphql",
        "ftp://localhost/graphql",
    ],
)
def test_it_goes_nowhere_else(text: str) -> None:
    with pytest.raises(SettingsError, match="LINEAR_API_URL"):
        load({"LINEAR_API_URL": text})


def test_the_key_is_a_secret() -> None:
    settings = load({"LINEAR_API_KEY": "lin_api_a-secret-key"})
    assert "lin_api_a-secret-key" in settings.secrets()
    assert "lin_api_a-secret-key" not in repr(settings)


@pytest.mark.parametrize("text", ["Causerie", "Our/Causerie-1", "a.b_c#d", "x" * 255])
def test_a_namespace_is_one_that_cloudwatch_takes(text: str) -> None:
    assert load({"CLOUDWATCH_NAMESPACE": text}).cloudwatch_namespace == text


@pytest.mark.parametrize("text", ["AWS/Causerie", "a b", "a'b", "x" * 256, "ä"])
def test_another_one_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="CLOUDWATCH_NAMESPACE"):
        load({"CLOUDWATCH_NAMESPACE": text})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ALERT_DAILY_COST_USD", "-1"),
        ("ALERT_ERROR_PERCENT", "0"),
        ("ALERT_ERROR_PERCENT", "101"),
        ("BURST_BLOCK_MINUTES", "-1"),
        ("BURST_BLOCK_MINUTES", "1441"),
        ("WEBHOOKS_PER_USER", "0"),
        ("WEBHOOK_NETWORKS", "somewhere"),
        ("RATE_TEST_PER_HOUR", "0"),
        ("MONTH_CLOSES_AFTER_DAYS", "29"),
    ],
)
def test_what_cannot_be_meant_stops_the_start(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({name: text})


def test_private_networks_are_named_one_by_one() -> None:
    found = load({"WEBHOOK_NETWORKS": "10.0.0.0/8, 192.168.1.7"}).webhook_networks
    assert found == (ip_network("10.0.0.0/8"), ip_network("192.168.1.7"))
