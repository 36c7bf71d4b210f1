"""A pytest plugin: with ``NOTHING_SKIPPED`` set, a skipped test fails the run.

Without it a skip is fine, for want of Chromium say; pytest's own summary tells which and why.
"""

import os

import pytest


class NothingSkipped:
    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("NOTHING_SKIPPED is set, yet these were", red=True)
            for name in self.skipped:
                terminalreporter.line(name)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("NOTHING_SKIPPED"):
        config.pluginmanager.register(NothingSkipped())
