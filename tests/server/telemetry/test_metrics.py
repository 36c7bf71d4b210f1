"""Figures with labels from closed sets."""

from uuid import uuid4

from prometheus_client.parser import text_string_to_metric_families

from server.domain.errors import QuotaExceeded
from server.domain.money import MicroCredits, NanoUsd
from server.telemetry.metrics import ALERTS, SCOPES, Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    body, content_type = metrics.exposition()
    assert content_type.startswith("text/plain")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_a_turn_counts_once_and_its_first_delta_is_timed() -> None:
    metrics = Metrics(agents=["assistant"])
    metrics.turn_ended(agent="assistant", outcome="completed", first_delta_s=0.02)
    metrics.turn_ended(agent="assistant", outcome="failed", first_delta_s=None)
    seen = samples(metrics)
    assert seen["turns_total", ("assistant", "completed")] == 1
    assert seen["turns_total", ("assistant", "failed")] == 1
    assert seen["turn_first_delta_seconds_count", ()] == 1


def test_names_made_by_users_never_become_labels() -> None:
    metrics = Metrics(agents=["assistant"], providers=["demo"])
    metrics.turn_ended(agent="my-own-agent", outcome="completed", first_delta_s=None)
    call_ended(metrics, provider="mine", feature="mine", outcome="odd")
    metrics.webhook_attempted("odd")
    metrics.now_open(alerts={"odd": 1}, pauses={"mine": 1})
    metrics.request_ended(route="/api/turns/{id}", method="BREW", status=405, seconds=0.1)
    labels = {label for _, labels in samples(metrics) for label in labels}
    assert not labels & {"my-own-agent", "mine", "odd", "BREW"}
    assert "other" in labels


def test_all_agents_of_creators_own_making_are_one_label() -> None:
    metrics = Metrics(agents=["assistant"])
    for _ in range(2):
        metrics.turn_ended(agent=str(uuid4()), outcome="completed", first_delta_s=None)
    assert samples(metrics)["turns_total", ("custom", "completed")] == 2


def test_refused_turns_count_by_the_level_of_load() -> None:
    metrics = Metrics()
    for level in ("busy", "overloaded", "overloaded"):
        metrics.turn_refused(level)
    seen = samples(metrics)
    assert seen["turns_refused_total", ("busy",)] == 1
    assert seen["turns_refused_total", ("overloaded",)] == 2


def call_ended(
    metrics: Metrics, provider: str = "demo", feature: str = "chat", outcome: str = "ok"
) -> None:
    metrics.call_ended(
        provider=provider,
        feature=feature,
        outcome=outcome,
        input_tokens=30,
        output_tokens=12,
        cost=NanoUsd(1_250_000_000),
        charged=MicroCredits(2_500_000),
    )


def test_a_call_adds_its_money_and_tokens_to_those_of_its_feature() -> None:
    metrics = Metrics(providers=["demo"])
    call_ended(metrics)
    call_ended(metrics)
    call_ended(metrics, feature="caption", outcome="failed")
    seen = samples(metrics)
    assert seen["provider_calls_total", ("ok", "demo")] == 2
    assert seen["provider_cost_usd_total", ("chat", "demo")] == 2.5
    assert seen["credits_charged_total", ("chat", "demo")] == 5
    assert seen["provider_tokens_total", ("input", "chat", "demo")] == 60
    assert seen["provider_tokens_total", ("output", "caption", "demo")] == 12


def test_turns_that_are_not_admitted_count_by_what_was_answered() -> None:
    metrics = Metrics()
    metrics.turn_not_admitted(QuotaExceeded("Used up."))
    assert samples(metrics)["turn_refusals_total", ("quota_exceeded",)] == 1


def test_users_that_were_told_of_their_quota_and_webhooks_count() -> None:
    metrics = Metrics()
    metrics.threshold_told(80)
    for outcome in ("failed", "delivered"):
        metrics.webhook_attempted(outcome)
    seen = samples(metrics)
    assert seen["quota_thresholds_total", ("80",)] == 1
    assert seen["webhook_attempts_total", ("failed",)] == 1
    assert seen["webhook_attempts_total", ("delivered",)] == 1


def test_what_is_open_is_what_was_found_last() -> None:
    metrics = Metrics()
    metrics.now_open(alerts={"cost_spike": 2}, pauses={"creator": 3})
    metrics.now_open(alerts={"daily_cost": 1}, pauses={})
    seen = samples(metrics)
    assert {kind: seen["alerts_open", (kind,)] for kind in ALERTS} == {
        **dict.fromkeys(ALERTS, 0),
        "daily_cost": 1,
    }
    assert {seen["pauses_open", (scope,)] for scope in SCOPES} == {0}


def test_processes_do_not_share_figures() -> None:
    first, second = Metrics(), Metrics()
    first.sessions_open.inc()
    assert samples(second)["sessions_open", ()] == 0
