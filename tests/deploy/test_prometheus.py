"""The rules for Prometheus ask for figures that there are, by labels and values that they have."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from server.domain.errors import Overloaded
from server.domain.money import MicroCredits, NanoUsd
from server.telemetry.metrics import CALL_OUTCOMES, LEVELS, Metrics

PATH = Path(__file__).parents[2] / "docs/deploy/prometheus-rules.yaml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(PATH.read_text())["groups"] for rule in group["rules"]
]

WORDS = {"by", "and", "or", "sum", "max", "rate", "increase", "absent", "histogram_quantile"}


def exposed() -> dict[str, set[tuple[str, str]]]:
    """Samples that a process has that has seen everything: their labels with values."""
    metrics = Metrics(agents=["assistant"], providers=["demo"])
    for outcome in CALL_OUTCOMES:
        metrics.call_ended(
            provider="demo",
            feature="chat",
            outcome=outcome,
            input_tokens=1,
            output_tokens=1,
            cost=NanoUsd(1),
            charged=MicroCredits(1),
        )
    for level in LEVELS:
        metrics.turn_refused(level)
    metrics.turn_not_admitted(Overloaded("Busy."))
    metrics.now_open(alerts={}, pauses={})
    metrics.engine_away.labels("redis").set(0)
    metrics.turn_ended(agent="assistant", outcome="completed", first_delta_s=1)
    found: dict[str, set[tuple[str, str]]] = {}
    for family in text_string_to_metric_families(metrics.exposition()[0].decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels.items())
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    known, expression = exposed(), rule["expr"]
    bare = re.sub(r"\{[^}]*\}|\[\w+\]|by \(\w+\)", " ", expression)
    names = set(re.findall(r"[a-z_]{2,}", bare)) - WORDS
    assert names
    assert names <= known.keys()
    labels = {label for name in names for label, _ in known[name]}
    assert set(re.findall(r"by \((\w+)\)", expression)) <= labels
    for name, label, value in re.findall(r'(\w+)\{(\w+)="(\w+)"\}', expression):
        assert (label, value) in known[name]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_speaks_of_labels_that_it_has(rule: dict[str, Any]) -> None:
    spoken = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert spoken <= set(re.findall(r"by \((\w+)\)", rule["expr"]))
