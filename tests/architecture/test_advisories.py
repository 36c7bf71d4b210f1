"""A known weakness fails the check; a source that cannot be asked is told, and fails nothing."""

import json
from typing import Any

import pytest

from tests.architecture.advisories import LOCKS, PROBE, of_npm, of_python
from tests.architecture.repository import ROOT

SOUND = {"name": "starlette", "version": "1.10.0", "vulns": []}
WEAK = {
    "name": "wobbly",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}, {"id": "PYSEC-2", "fix_versions": []}],
}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI: ours (1.0)"}


def report(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_every_weakness_of_a_package_is_told_with_what_mends_it() -> None:
    verdict = of_python(report(SOUND, WEAK))
    assert verdict.findings == [
        "wobbly 1.0: PYSEC-1, mended by 1.1",
        "wobbly 1.0: PYSEC-2, not mended yet",
    ]
    assert verdict.unasked == []
    assert of_python(report(SOUND)) == ([], [])


def test_a_package_that_nobody_knows_is_named() -> None:
    assert of_python(report(SOUND, UNKNOWN)) == ([], [UNKNOWN["skip_reason"]])


@pytest.mark.parametrize(
    "told", ["", "no network", "[]", report(UNKNOWN), report(UNKNOWN, UNKNOWN)]
)
def test_a_source_that_knows_nothing_has_not_said_that_all_is_well(told: str) -> None:
    verdict = of_python(told)
    assert verdict.findings == []
    assert len(verdict.unasked) == 1


def test_npm_is_understood_likewise() -> None:
    weak = {"range": "<2", "severity": "high", "fixAvailable": True}
    told = json.dumps({"vulnerabilities": {"wobbly": weak}})
    assert of_npm(told) == (["wobbly <2: high, mended by `npm audit fix`"], [])
    assert of_npm(json.dumps({"vulnerabilities": {}})) == ([], [])
    for refused in ("", json.dumps({"message": "405 Method Not Allowed"})):
        assert len(of_npm(refused).unasked) == 1


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_has_a_package_to_ask_about_first(lock: str) -> None:
    assert PROBE.search((ROOT / lock).read_text())
