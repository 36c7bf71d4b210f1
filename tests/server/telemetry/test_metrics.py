"""Figures with labels from closed sets."""

from prometheus_client.parser import text_string_to_metric_families

from server.telemetry.metrics import Metrics


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
    metrics.call_ended(provider="mine", outcome="odd")
    metrics.request_ended(route="/api/turns/{id}", method="BREW", status=405, seconds=0.1)
    labels = {label for _, labels in samples(metrics) for label in labels}
    assert not labels & {"my-own-agent", "mine", "odd", "BREW"}
    assert "other" in labels


def test_refused_turns_count_by_the_level_of_load() -> None:
    metrics = Metrics()
    for level in ("busy", "overloaded", "overloaded"):
        metrics.turn_refused(level)
    seen = samples(metrics)
    assert seen["turns_refused_total", ("busy",)] == 1
    assert seen["turns_refused_total", ("overloaded",)] == 2


def test_processes_do_not_share_figures() -> None:
    first, second = Metrics(), Metrics()
    first.sessions_open.inc()
    assert samples(second)["sessions_open", ()] == 0
