"""A pytest plugin: with ``NOTHING_SKIPPED`` set, a skipped test fails the run.

Without it a skip is fine, for want of Chromium say; pytest's own summary tells which and why.
Of workers (``pytest -n``) reports of tests come by themselves. Modules that were skipped whole do
not, so each worker hands over its list when it ends.
"""

import os
from typing import Any

import pytest

HANDED_OVER = "skipped_modules"


class NothingSkipped:
    def __init__(self) -> None:
        self.skipped: list[str] = []
        self.modules: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.modules.append(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        theirs = getattr(node, "workeroutput", {}).get(HANDED_OVER, [])
        self.modules += [module for module in theirs if module not in self.modules]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[HANDED_OVER] = self.modules
        elif (self.modules or self.skipped) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if names := self.modules + self.skipped:
            terminalreporter.section("NOTHING_SKIPPED is set, yet these were", red=True)
            for name in names:
                terminalreporter.line(name)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("NOTHING_SKIPPED"):
        config.pluginmanager.register(NothingSkipped())
