"""How several workers share the suite: ``pytest -n 3``. Without ``-n`` nothing of this counts.

A module stays whole on one worker, for its fixtures start servers. What takes longest goes out
first, so that all workers end at about the same time. One worker drives the browser while there is
anything else for the others: two that draw would mostly wait for each other, while one that draws
leaves them time whenever it waits for a page.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/browser/"

LONGEST_FIRST = (
    "tests/system/chaos/test_mutations.py",
    "tests/system/chaos/test_chaos.py",
    "tests/server/cli/test_serve.py",
    "tests/system/test_kills.py",
    "tests/fuzz/test_rest.py",
    "tests/fuzz/test_frames.py",
    "tests/server/local/test_engines.py",
    "tests/server/local/test_keeper.py",
    "tests/system/test_drain.py",
    "tests/billing/test_main.py",
    "tests/server/turns/test_long_answers.py",
    "tests/billing/consumers/test_faults.py",
    "tests/system/test_failing_providers.py",
    "tests/billing/test_repair.py",
    "tests/billing/test_ledger_machine.py",
    "tests/agents/providers/test_openai.py",
    "tests/billing/consumers/test_machine.py",
    "tests/system/test_leases.py",
    "tests/system/test_bad_clients.py",
    "tests/system/test_canaries.py",
    "tests/system/test_headers.py",
    "tests/server/turns/test_fencing.py",
    "tests/system/test_readme.py",
)
"""What takes more than some ten seconds, the browser's modules aside: those have a worker from the
start. A wrong order costs time and nothing else."""


def unit(node: str) -> str:
    """What a test is handed out with: its module."""
    return node.partition("::")[0]


def place(node: str) -> int:
    """Where a test's unit stands in the order of handing out."""
    named = unit(node)
    return LONGEST_FIRST.index(named) if named in LONGEST_FIRST else len(LONGEST_FIRST)


def chosen(waiting: Iterable[str], *, draws: bool) -> str:
    """The next unit for the worker that drives the browser, or for another one."""
    units = list(waiting)
    return next((one for one in units if one.startswith(BROWSER) == draws), units[0])


class Units(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    """Hands out this suite's units: those of the browser first to one worker and last to the
    others, each kind in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        one = chosen(self.workqueue, draws=node is self.nodes[0])
        self.workqueue.move_to_end(one, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Units:
    config.option.loadscopereorder = False  # it would put modules of many quick tests first
    return Units(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid))
