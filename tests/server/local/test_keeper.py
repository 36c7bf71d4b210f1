"""Whatever is killed, nothing is left running, and what was committed is there afterwards."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from server.local.engines import engines_running
from server.local.identity import Runner
from server.local.urls import find_engines
from tests.server.local import scene

RUNNERS = [None, Runner.COPY] if os.geteuid() == 0 else [None]


@pytest.mark.parametrize("runner", RUNNERS)
def test_killing_the_owner_ends_its_engines(data_dir: Path, runner: Runner | None) -> None:
    with scene.owner(data_dir, runner) as owner:
        scene.write(owner.urls(), "committed")
        assert scene.processes_in(data_dir)
        owner.process.kill()
        scene.eventually(lambda: not scene.processes_in(data_dir))
        assert find_engines(data_dir) is None
    with engines_running(data_dir, runner=runner) as urls:
        assert scene.words(urls) == ["committed", "kept", "committed"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_killing_the_keeper_ends_its_engines(data_dir: Path, runner: Runner | None) -> None:
    with scene.owner(data_dir, runner) as owner:
        scene.write(owner.urls(), "committed")
        scene.one(data_dir, "server.local.keeper").kill()
        scene.eventually(lambda: not scene.processes_in(data_dir))
    with engines_running(data_dir, runner=runner) as urls:
        assert scene.words(urls) == ["committed", "kept", "committed"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_start_right_after_everything_was_killed_recovers(
    data_dir: Path, runner: Runner | None
) -> None:
    with scene.owner(data_dir, runner) as owner:
        urls = owner.urls()
        scene.write(urls, "committed")
        everything = [psutil.Process(owner.process.pid), *scene.processes_in(data_dir)]
        for process in everything:
            process.suspend()  # so that none sees another die
        for process in everything:
            process.kill()
        owner.process.wait()
        assert (data_dir / "postgres" / "postmaster.pid").exists()
        assert (data_dir / "engines.json").exists()
        with engines_running(data_dir, runner=runner) as again:
            assert scene.words(again) == ["committed", "kept", "committed"]
            assert again != urls


@pytest.mark.parametrize("with_keeper", [False, True])
def test_a_start_right_after_the_owner_was_killed_waits_for_the_old_engines(
    data_dir: Path, with_keeper: bool
) -> None:
    with scene.owner(data_dir) as owner:
        scene.write(owner.urls(), "committed")
        postgres = scene.one(data_dir, "bin/postgres")
        postgres.suspend()  # it will not end before we say so
        try:
            if with_keeper:
                scene.one(data_dir, "server.local.keeper").kill()
            owner.process.kill()
            owner.process.wait()
            with scene.owner(data_dir) as heir:
                scene.eventually(lambda: str(heir.process.pid) == owner_told(data_dir))
                scene.eventually(lambda: keepers_waiting(data_dir))
                assert postgres.is_running()
                assert find_engines(data_dir) is None
                postgres.resume()
                assert scene.words(heir.urls()) == ["committed", "kept", "committed"]
        finally:
            with suppress(psutil.NoSuchProcess):
                postgres.resume()


def keepers_waiting(data_dir: Path) -> bool:
    """Whether a keeper has had the time to get past the lock, had it been free."""
    heirs = [one for one in scene.processes_in(data_dir) if "server.local.keeper" in one.cmdline()]
    return any(time.time() - heir.create_time() > 1.0 for heir in heirs)


def owner_told(data_dir: Path) -> str:
    return (data_dir / "owner.lock").read_text().strip()


def test_killing_the_owner_while_it_starts_leaves_nothing_half_made(tmp_path: Path) -> None:
    with scene.owner(tmp_path) as owner:
        scene.eventually((tmp_path / "postgres.new" / "base").exists)
        owner.process.kill()
        scene.eventually(lambda: not scene.processes_in(tmp_path))
    assert not (tmp_path / "postgres").exists()
    with engines_running(tmp_path) as urls:
        scene.write(urls, "word")


@pytest.mark.parametrize("name", ["bin/postgres", "valkey-server"])
def test_an_engine_that_is_killed_comes_back(data_dir: Path, name: str) -> None:
    with scene.owner(data_dir) as owner:
        urls = owner.urls()
        scene.write(urls, "committed")
        victim = scene.one(data_dir, name)
        victim.kill()

        def is_back() -> bool:
            try:
                return scene.words(urls) == ["committed", "kept", "committed"]
            except scene.Unreachable:
                return False

        scene.eventually(is_back)
        assert scene.one(data_dir, name).pid != victim.pid


def test_a_terminated_keeper_ends_in_good_order(data_dir: Path) -> None:
    with scene.owner(data_dir) as owner:
        owner.urls()
        scene.one(data_dir, "server.local.keeper").send_signal(signal.SIGTERM)
        scene.eventually(lambda: not scene.processes_in(data_dir))
    assert not (data_dir / "engines.json").exists()
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
