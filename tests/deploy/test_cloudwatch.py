"""The template for CloudWatch makes a dashboard and alarms, over metrics that we really write."""

import io
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from server.domain.ids import UserId, new_id
from server.domain.usage import CallOutcome
from server.telemetry.cloudwatch import DIMENSIONS, STANDING, USAGE, MetricLines
from tests.billing.support import usage_event
from tests.support.cloudwatch import ACCOUNT, REGION, Cloud, resolve
from tests.support.emf import extract
from tests.support.moto import BIN, moto_server

PATH = Path(__file__).parents[2] / "docs/deploy/cloudwatch.yaml"
TEXT = PATH.read_text()
TEMPLATE: dict[str, Any] = yaml.safe_load(TEXT)
STACK, NAMESPACE, GROUP = "causerie", "Our/Causerie-1", "/our/logs"

ALARMS = {
    name: made
    for name, made in TEMPLATE["Resources"].items()
    if made["Type"] == "AWS::CloudWatch::Alarm"
}

WRITTEN = {(name, sets) for name in USAGE for sets in DIMENSIONS} | {
    (name, ()) for name in STANDING
}
"""Metrics by their name and the names of their dimensions."""

WIDGET = {
    "type": "object",
    "required": ["type", "x", "y", "width", "height", "properties"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["metric", "log", "alarm", "text"]},
        "x": {"type": "integer", "minimum": 0, "maximum": 23},
        "y": {"type": "integer", "minimum": 0},
        "width": {"type": "integer", "minimum": 1, "maximum": 24},
        "height": {"type": "integer", "minimum": 1, "maximum": 1000},
        "properties": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "region": {"const": REGION},
                "view": {"enum": ["timeSeries", "singleValue", "table", "bar", "pie", "gauge"]},
                "stacked": {"type": "boolean"},
                "period": {"type": "integer", "multipleOf": 60},
                "metrics": {"type": "array", "minItems": 1, "items": {"type": "array"}},
                "alarms": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
}
"""From "Dashboard body structure and syntax" of CloudWatch's reference, as far as we use it."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """With the stack made."""
    with moto_server() as url:
        made = Cloud(url)
        made.create_stack(
            STACK, TEXT, Namespace=NAMESPACE, LogGroup=GROUP, AlarmEmail="ops@example.com"
        )
        yield made


@pytest.fixture(scope="module")
def alarms(cloud: Cloud) -> dict[str, Any]:
    """As CloudWatch has them, by their name in the template. moto's CloudFormation makes none, so
    they are made here of what it would make them of."""
    defaults = {name: given["Default"] for name, given in TEMPLATE["Parameters"].items()}
    names = {**defaults, "Namespace": NAMESPACE, "AWS::StackName": STACK, "Topic": "arn:aws:sns:x"}
    for made in ALARMS.values():
        values = resolve(made["Properties"], names, {"MakesTopic": True})
        cloud.cloudwatch("PutMetricAlarm", **values)
    found = cloud.cloudwatch("DescribeAlarms")["MetricAlarms"]
    by_name = {alarm["AlarmName"]: alarm for alarm in found}
    return {name: by_name[f"{STACK}-{_dashed(name)}"] for name in ALARMS}


def _dashed(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@pytest.fixture(scope="module")
def widgets(cloud: Cloud) -> list[dict[str, Any]]:
    found = cloud.cloudwatch("GetDashboard", DashboardName=STACK)
    widgets: list[dict[str, Any]] = json.loads(found["DashboardBody"])["widgets"]
    return widgets


def metrics_of(alarm: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    single = [alarm] if alarm.get("MetricName") else []
    parts = [
        part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part
    ]
    return [
        (
            each["Namespace"],
            each["MetricName"],
            tuple(d["Name"] for d in each.get("Dimensions", [])),
        )
        for each in (*single, *parts)
    ]


def test_amazon_s_linter_has_nothing_to_say() -> None:
    if not (BIN / "cfn-lint").exists():
        pytest.skip("no cfn-lint: make moto")
    done = subprocess.run([BIN / "cfn-lint", PATH], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_alarms_look_at_metrics_that_are_written(alarms: dict[str, Any]) -> None:
    assert len(alarms) == 5
    for alarm in alarms.values():
        for namespace, name, dimensions in metrics_of(alarm):
            assert namespace == NAMESPACE
            assert (name, dimensions) in WRITTEN
        assert alarm["AlarmActions"] == alarm["OKActions"] == ["arn:aws:sns:x"]


def test_thresholds_are_what_the_parameters_say(alarms: dict[str, Any]) -> None:
    assert {name: alarm["Threshold"] for name, alarm in alarms.items()} == {
        "DailyCost": 200,
        "ErrorRate": 5,
        "Latency": 60_000,
        "UsageNotWritten": 120,
        "DeadLetters": 0,
    }


def test_only_silence_of_billing_is_a_reason_for_alarm(alarms: dict[str, Any]) -> None:
    breaching = {n for n, alarm in alarms.items() if alarm["TreatMissingData"] == "breaching"}
    assert breaching == {"UsageNotWritten"}


def test_what_a_batch_costs_is_what_the_alarm_counts(cloud: Cloud, alarms: dict[str, Any]) -> None:
    now, stream = datetime.now(UTC), io.BytesIO()
    lines, user = MetricLines(NAMESPACE, stream), UserId(new_id())
    lines.usage(
        [
            usage_event(user, at=now, cost=150_000_000_000),
            usage_event(user, at=now, cost=51_000_000_000, model="other/model"),
            usage_event(user, at=now, cost=0, outcome=CallOutcome.FAILED),
        ]
    )
    data = [datum for line in stream.getvalue().splitlines() for datum in extract(line)]
    # moto's statistics would add those with dimensions, which are metrics of their own.
    cloud.take([datum for datum in data if not datum.dimensions])
    alarm = alarms["DailyCost"]
    found = cloud.cloudwatch(
        "GetMetricStatistics",
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Statistics=[alarm["Statistic"]],
        Period=alarm["Period"],
        StartTime=(now - timedelta(hours=12)).timestamp(),
        EndTime=(now + timedelta(hours=12)).timestamp(),
    )
    (day,) = found["Datapoints"]
    assert day["Sum"] == 201 > alarm["Threshold"]


def test_the_dashboard_has_its_place_for_everything(widgets: list[dict[str, Any]]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        Draft7Validator(WIDGET).validate(widget)
        columns = range(widget["x"], widget["x"] + widget["width"])
        rows = range(widget["y"], widget["y"] + widget["height"])
        cells = {(column, row) for column in columns for row in rows}
        assert max(columns) < 24
        assert not cells & taken
        taken |= cells


def shown(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Metrics that the dashboard draws. "." stands for what the metric above has in that place,
    "..." for all of it."""
    for widget in widgets:
        before: list[str] = []
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], dict):
                search = r'SEARCH\(\'\{"(\S+)",(\w+)\} MetricName="(\w+)"\', \'\w+\'\)'
                found = re.fullmatch(search, metric[0]["expression"])
                assert found
                yield found[1], found[3], (found[2],)
                continue
            names = [part for part in metric if isinstance(part, str)]
            if names == ["..."]:
                names = before
            names = [before[place] if part == "." else part for place, part in enumerate(names)]
            before = names
            yield names[0], names[1], tuple(names[2::2])


def test_the_dashboard_shows_metrics_that_are_written_and_all_of_them(
    widgets: list[dict[str, Any]],
) -> None:
    found = list(shown(widgets))
    assert {namespace for namespace, _, _ in found} == {NAMESPACE}
    assert {(name, dimensions) for _, name, dimensions in found} <= WRITTEN
    assert {name for _, name, _ in found} == {*USAGE, *STANDING}
    assert {dimensions for _, _, dimensions in found} == set(DIMENSIONS)


def test_the_dashboard_shows_the_alarms_and_who_costs_most(
    widgets: list[dict[str, Any]], alarms: dict[str, Any]
) -> None:
    (alarm,) = [widget for widget in widgets if widget["type"] == "alarm"]
    prefix = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"
    assert alarm["properties"]["alarms"] == [prefix + a["AlarmName"] for a in alarms.values()]
    (log,) = [widget for widget in widgets if widget["type"] == "log"]
    query = log["properties"]["query"]
    assert query.startswith(f"SOURCE '{GROUP}' | ")
    stream = io.BytesIO()
    MetricLines(NAMESPACE, stream).usage([usage_event(UserId(new_id()))])
    line = json.loads(stream.getvalue())
    read = set(re.findall(r"(?:sum|ispresent)\((\w+)\)|by (\w+) ", query))
    assert {name or other for name, other in read} <= line.keys() | {"usd"}


def test_a_topic_that_is_there_already_hears_of_alarms() -> None:
    actions = [made["Properties"]["AlarmActions"] for made in ALARMS.values()]
    names = {"AlarmTopic": "arn:aws:sns:ours"}
    assert resolve(actions, names, {"MakesTopic": False}) == [["arn:aws:sns:ours"]] * 5
