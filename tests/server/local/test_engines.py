"""Engines from outside: they start, keep their data, belong to one, and end with their owner."""

import os
import signal
import stat
import sys
from pathlib import Path

import anyio
import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from server.local.engines import Engines, engines_running, local_engines
from server.local.errors import AlreadyRunning
from server.local.identity import Identity, Runner, account, can_run
from server.local.urls import find_engines
from tests.server.local import scene
from tests.support.engines import connection

ROOT = os.geteuid() == 0


def nobody() -> Identity:
    """An id without rights to run this interpreter under, when the suite runs as root."""
    for identity in (
        Identity(runner=Runner.NAMESPACE, uid=0),
        Identity(runner=Runner.COPY, uid=account().pw_uid),
    ):
        if can_run(identity, [sys.executable, "--version"], inside=Path.cwd()):
            return identity
    pytest.skip("neither user namespaces nor an interpreter that others may run")


def test_a_second_start_finds_the_data_of_the_first(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with engines_running(tmp_path / "data") as urls:
            scene.write(urls, word)
            seen = scene.words(urls)
        assert not scene.processes_in(tmp_path)
    assert seen == ["first", "second", "second"]


async def test_sqlalchemy_and_redis_take_the_addresses_as_they_are(tmp_path: Path) -> None:
    async with local_engines(tmp_path / 'it\'s "odd", 100 % söß') as urls:
        engine = create_async_engine(urls.database_url)
        async with engine.connect() as database:
            found = await database.execute(text("SELECT current_database(), current_user"))
            assert found.one() == ("causerie", "causerie")
        await engine.dispose()
        await anyio.to_thread.run_sync(scene.write, urls, "word")


async def test_nothing_is_open_but_to_who_has_the_password(tmp_path: Path) -> None:
    async with local_engines(tmp_path / "data") as urls:
        with pytest.raises(asyncpg.InvalidPasswordError):
            async with connection(urls.database_url.replace("causerie:", "causerie:x")):
                pass
        async with connection(urls.database_url) as database:
            for name, value in {
                "listen_addresses": "",
                "fsync": "on",
                "synchronous_commit": "on",
                "unix_socket_permissions": "0700",
            }.items():
                assert await database.fetchval("SELECT current_setting($1)", name) == value
            rules = await database.fetch("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
            assert [rule["auth_method"] for rule in rules] == ["scram-sha-256"]
        for process in scene.processes_in(tmp_path):
            assert not process.net_connections("inet")
            told = " ".join(process.cmdline())
            assert urls.redis_url.split("@")[0].removeprefix("unix://:") not in told


def test_the_data_folder_is_closed_to_others_and_no_other_folder_changes(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir(mode=0o700)
    before = [os.stat(folder) for folder in (above, *above.parents)]
    with engines_running(above / "data") as urls:
        assert stat.S_IMODE(os.stat(above / "data").st_mode) == 0o700
        scene.write(urls, "word")
    after = [os.stat(folder) for folder in (above, *above.parents)]
    for then, now in zip(before, after, strict=True):
        assert (then.st_mode, then.st_uid, then.st_gid) == (now.st_mode, now.st_uid, now.st_gid)


@pytest.mark.skipif(not ROOT, reason="only root can make folders of another user")
def test_root_serves_from_a_folder_below_one_that_another_user_closed(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir(mode=0o700)
    os.chown(above, 12345, 12345)
    with engines_running(above / "data") as urls:
        scene.write(urls, "word")
        assert scene.one(above, "bin/postgres").uids().effective not in (0, 12345)
    assert stat.S_IMODE(os.stat(above).st_mode) == 0o700


@pytest.mark.skipif(not ROOT, reason="only root can take another id")
def test_copies_of_the_binaries_serve_where_namespaces_are_forbidden(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with engines_running(data) as urls:
        scene.write(urls, "before")
    with engines_running(data, runner=Runner.COPY) as urls:
        scene.write(urls, "during")
        postgres = scene.one(data, "bin/postgres")
        assert postgres.uids().effective == data.joinpath("postgres").stat().st_uid != 0
        copies = Path(postgres.exe()).parents[4]
    assert not copies.exists()
    with engines_running(data) as urls:
        assert scene.words(urls) == ["before", "during", "during"]


@pytest.mark.skipif(not ROOT, reason="only root can take another id")
def test_a_first_start_from_copies_makes_a_database(tmp_path: Path) -> None:
    with engines_running(tmp_path / "data", runner=Runner.COPY) as urls:
        scene.write(urls, "word")
        assert scene.words(urls) == ["word", "word"]


def test_an_ordinary_user_has_them_too(tmp_path: Path) -> None:
    identity = nobody() if ROOT else None
    above = tmp_path / "above"
    above.mkdir()
    if identity is not None and identity.runner is Runner.COPY:
        os.chown(above, identity.uid, identity.uid)
        tmp_path.chmod(0o711)
    with scene.owner(above / "data", identity=identity) as owner:
        scene.write(owner.urls(), "word")
        assert scene.one(above, "bin/postgres").exe().endswith("pginstall/bin/postgres")
        owner.end()
    assert not scene.processes_in(above)


def test_a_path_too_long_for_sockets_is_no_obstacle(tmp_path: Path) -> None:
    data = tmp_path / ("deep" * 20) / ("deeper" * 20) / "data"
    with engines_running(data) as urls:
        scene.write(urls, "word")
        (sockets,) = {Path(part) for part in urls.redis_url.split("@")[1].split("/valkey.sock")[:1]}
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert sockets.stat().st_uid == os.geteuid()
    assert not sockets.exists()


def test_a_second_owner_is_told_who_the_first_is(data_dir: Path) -> None:
    with scene.owner(data_dir) as owner:
        urls = owner.urls()
        second = Engines(data_dir)
        with pytest.raises(AlreadyRunning, match=f"process {owner.process.pid} ") as refused:
            second.launch()
        second.stop()
        assert "\n" not in str(refused.value)
        scene.write(urls, "undisturbed")
        assert find_engines(data_dir) == urls


def test_the_first_of_two_simultaneous_owners_wins(tmp_path: Path) -> None:
    with scene.owner(tmp_path / "data") as one, scene.owner(tmp_path / "data") as other:
        told = [one.report(), other.report()]
        assert sorted(report.kind for report in told) == ["", "AlreadyRunning"]


def test_interrupting_the_process_group_leaves_the_owner_its_engines(data_dir: Path) -> None:
    with scene.owner(data_dir) as owner:
        owner.urls()
        os.killpg(owner.process.pid, signal.SIGINT)
        assert owner.process.wait(scene.DEADLINE_S) == 0
    with engines_running(data_dir) as urls:
        assert scene.words(urls) == ["kept", "settled", "settled"]


async def test_a_start_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    with anyio.move_on_after(0.15) as scope:
        async with local_engines(tmp_path / "data"):
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    # What initdb itself had started is killed but not waited for: it is nobody's child any more.
    scene.eventually(lambda: not scene.processes_in(tmp_path))
    async with local_engines(tmp_path / "data"):
        pass
