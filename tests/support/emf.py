"""What CloudWatch makes of a line of its embedded metric format: metrics, or a complaint.

Written down from its specification: the JSON schema published there, and the rules that it gives in
words (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring, "Specification: Embedded metric
format", November 2026).
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from jsonschema import Draft7Validator
from msgspec import Struct

UNITS = (
    "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|"
    "Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|"
    "Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|"
    "Terabits/Second|Count/Second|None"
)

NAME = {"type": "string", "pattern": "^(.*)$", "minLength": 1, "maxLength": 1024}

METRIC = {
    "type": "object",
    "required": ["Name"],
    "properties": {
        "Name": NAME,
        "Unit": {"type": "string", "pattern": f"^({UNITS})$"},
        "StorageResolution": {"type": "integer"},
    },
}

DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "properties": {
        "Namespace": NAME,
        "Dimensions": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "array",
                "minItems": 0,
                "maxItems": 30,
                "items": {**NAME, "maxLength": 250},
            },
        },
        "Metrics": {"type": "array", "items": METRIC, "maxItems": 100},
    },
}

SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "items": DIRECTIVE},
            },
        }
    },
}

LINE_BYTES = 1024 * 1024
VALUES = 100
DIMENSION_CHARS = 1024

_check = Draft7Validator(SCHEMA).validate


class Datum(Struct, frozen=True, kw_only=True):
    """One metric of one line under one set of dimensions."""

    namespace: str
    name: str
    unit: str
    dimensions: dict[str, str]
    values: list[float]
    at: datetime


def extract(line: bytes) -> list[Datum]:
    """Raises ValidationError, AssertionError or KeyError where CloudWatch would take nothing."""
    assert len(line) <= LINE_BYTES
    root: dict[str, Any] = msgspec.json.decode(line)
    _check(root)
    at = datetime.fromtimestamp(root["_aws"]["Timestamp"] / 1000, UTC)
    return [
        Datum(
            namespace=directive["Namespace"],
            name=metric["Name"],
            unit=metric.get("Unit", "None"),
            dimensions={name: _dimension(root[name]) for name in names},
            values=_values(root[metric["Name"]]),
            at=at,
        )
        for directive in root["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for metric in directive["Metrics"]
    ]


def _dimension(value: object) -> str:
    assert isinstance(value, str)
    assert value.isascii()
    assert value.strip()
    assert len(value) <= DIMENSION_CHARS
    return value


def _values(target: object) -> list[float]:
    values: list[Any] = target if isinstance(target, list) else [target]
    assert 0 < len(values) <= VALUES
    assert all(isinstance(value, int | float) for value in values)
    return values
