"""Data that a first start has made already, for tests that are about what comes later."""

import shutil
from pathlib import Path

import pytest

from server.local.engines import engines_running
from tests.server.local import scene


@pytest.fixture(scope="session")
def first_started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as its first start leaves it."""
    folder = tmp_path_factory.mktemp("first") / "data"
    with engines_running(folder, fsync=False) as urls:
        scene.write(urls, "kept")
    return folder


@pytest.fixture
def data_dir(first_started: Path, tmp_path: Path) -> Path:
    """A copy of it: to start from there is a third of the work."""
    return Path(shutil.copytree(first_started, tmp_path / "data"))
