"""Known weaknesses of the packages in the lock files: ``python -m tests.architecture.advisories``.

Fails on a finding. Where an advisory source cannot be asked (no network, a mirror that has none)
it says so and does not fail: whether the product is sound does not depend on where it is checked.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from static.build import Failed, find_node
from tests.architecture.repository import ROOT

LOCKS = ("requirements-dev.lock", "requirements-moto.lock")
"""The former holds everything that runs in production too."""

PROBE = re.compile(r"^(?:starlette|cryptography)==\S+", re.MULTILINE)
"""Packages that everybody knows: whoever does not know them is no source to ask about the rest."""

AUDIT = ("--disable-pip", "--format=json", "--progress-spinner=off", "--timeout=15")
AUDIT_S = 600.0


class Verdict(NamedTuple):
    """``findings``: one line each. ``unasked``: why nothing, or not everything, could be asked."""

    findings: list[str]
    unasked: list[str]


def of_python(report: str) -> Verdict:
    """What pip-audit's report says."""
    try:
        dependencies = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Verdict([], ["the advisories of PyPI cannot be asked from here"])
    known = [item for item in dependencies if "skip_reason" not in item]
    if dependencies and not known:
        return Verdict([], ["the advisories of PyPI are not to be had from here"])
    findings = [
        f"{item['name']} {item['version']}: {weakness['id']}, {_mended(weakness['fix_versions'])}"
        for item in known
        for weakness in item["vulns"]
    ]
    return Verdict(findings, [item["skip_reason"] for item in dependencies if item not in known])


def of_npm(report: str) -> Verdict:
    """What npm's report says."""
    try:
        weak: dict[str, Any] = json.loads(report)["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        return Verdict([], ["the advisories of npm cannot be asked from here"])
    findings = [
        f"{name} {item['range']}: {item['severity']}, "
        + _mended(["`npm audit fix`"] if item["fixAvailable"] else [])
        for name, item in weak.items()
    ]
    return Verdict(findings, [])


def _mended(versions: list[str]) -> str:
    return f"mended by {', '.join(versions)}" if versions else "not mended yet"


def ask_python(lock: Path) -> Verdict:
    """About one lock file: about two of its packages first, and about all when that is answered."""
    with TemporaryDirectory() as folder:
        probe = Path(folder) / "requirements.txt"
        probe.write_text("\n".join(PROBE.findall(lock.read_text("utf-8"))))
        first = of_python(_pip_audit(probe, "--no-deps"))
    return first if first.unasked else of_python(_pip_audit(lock))


def _pip_audit(requirements: Path, *options: str) -> str:
    program = Path(sys.executable).parent / "pip-audit"
    command = [str(program), f"--requirement={requirements}", *AUDIT, *options]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=AUDIT_S)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def ask_npm() -> Verdict:
    try:
        return of_npm(find_node().told("audit", "--package-lock-only", "--json"))
    except Failed as failure:
        return Verdict([], [str(failure)])


def main() -> int:
    verdicts = {lock: ask_python(ROOT / lock) for lock in LOCKS}
    verdicts["static/package-lock.json"] = ask_npm()
    for lock, verdict in verdicts.items():
        lines = [*verdict.findings, *(f"NOT AUDITED: {why}" for why in verdict.unasked)]
        for line in lines or ["no known weakness"]:
            sys.stdout.write(f"{lock}: {line}\n")
    return int(any(verdict.findings for verdict in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
