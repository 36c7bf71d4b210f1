"""The checker is proved: it sees the product broken, and nothing wrong with it whole."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.local.engines import Engines
from server.migrations.upgrade import upgrade
from tests.system.chaos.engines import OwnEngines
from tests.system.chaos.mutations import MUTATED, WHOLE, Mutant, is_seen, play

pytestmark = pytest.mark.timeout(300)

QUICK = [
    mutant
    for mutant in MUTATED
    if mutant.name
    in {
        "the end of a turn asks for no fence",
        "a quota is looked at first and raised later",
        "an outcome is told before it is committed",
        "a worker acknowledges before it commits",
    }
]
"""``python -m tests.system.chaos --mutations`` plays them all."""

TAKES = 3


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngines]:
    """Engines that may be flushed and killed; each play has a database of its own."""
    engines = Engines(tmp_path_factory.mktemp("chaos") / "engines", fsync=False)
    try:
        engines.launch()
        running = OwnEngines(engines, engines.await_ready())
        asyncio.run(upgrade(running.urls.database_url))
        yield running
    finally:
        engines.stop()


async def test_nothing_is_wrong_with_the_product_as_it_is(own: OwnEngines, tmp_path: Path) -> None:
    assert await play(own, tmp_path / "whole", WHOLE) == []


@pytest.mark.parametrize("mutant", QUICK, ids=lambda mutant: mutant.name)
async def test_a_broken_promise_is_seen(own: OwnEngines, tmp_path: Path, mutant: Mutant) -> None:
    """A scene is a matter of moments: on a busy machine it may miss the one that it is about."""
    found = []
    for take in range(TAKES):
        found.append(await play(own, tmp_path / f"take-{take}", mutant))
        if is_seen(mutant, found[-1]):
            return
    raise AssertionError(found)


def test_every_mutant_is_of_a_text_that_is_there() -> None:
    for mutant in MUTATED:
        for module, old, new in mutant.edits:
            path = Path(__file__).resolve().parents[3] / (module.replace(".", "/") + ".py")
            assert path.read_text().count(old) == 1, f"{mutant.name}: {module}"
            assert old != new
