"""The data folder is private, owned by one at a time, and keeps its secrets."""

import os
import stat
import threading
from pathlib import Path

import pytest

from server.local.datadir import Home, read_or_make_secret, secret_key, write_private
from server.local.errors import AlreadyRunning, DataDirUnusable


def test_a_new_folder_is_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "above" / "data")
    home.prepare()
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in home.root.iterdir()} == {0}
    home.prepare()  # and again


def test_a_folder_full_of_other_things_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(DataDirUnusable, match=r"thesis\.tex"):
        Home(tmp_path).prepare()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", ["spool", "media"])
def test_what_a_server_on_other_engines_left_there_is_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / "data" / name).mkdir(parents=True)
    Home(tmp_path / "data").prepare()
    assert (tmp_path / "data" / name).is_dir()


@pytest.mark.parametrize("below", ["", "data"])
def test_a_file_in_its_place_is_one_clear_line(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirUnusable) as refused:
        Home(tmp_path / "file" / below).prepare()
    assert str(tmp_path / "file") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_one_clear_line() -> None:
    with pytest.raises(DataDirUnusable, match="/proc/data cannot be used: "):
        Home(Path("/proc/data")).prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's folder")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(DataDirUnusable, match="belongs to user id 12345"):
        Home(tmp_path).prepare()


def test_only_one_owns_it_until_it_lets_go(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not home.is_owned()
    lock = home.own()
    assert home.is_owned()
    with pytest.raises(AlreadyRunning) as refused:
        home.own()
    assert refused.value.pid == os.getpid()
    os.close(lock)
    assert not home.is_owned()
    os.close(home.own())


def test_who_only_looks_is_no_owner(tmp_path: Path) -> None:
    home = Home(tmp_path)
    os.close(home.own())
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            home.is_owned()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(200):
            os.close(home.own())
    finally:
        stop.set()
        looking.join()


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = secret_key(tmp_path / "data")
    assert secret_key(tmp_path / "data") == first
    assert len(first) >= 43
    path = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key(tmp_path / "other") != first


def test_who_makes_a_secret_at_the_same_moment_gets_the_same(tmp_path: Path) -> None:
    seen: list[str] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        seen.append(read_or_make_secret(tmp_path / "secret"))

    makers = [threading.Thread(target=make) for _ in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_an_emptied_secret_is_not_replaced_silently(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    with pytest.raises(DataDirUnusable, match="backup"):
        read_or_make_secret(tmp_path / "secret")


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"long" * 1000, b"short"):
        write_private(path, content)
        assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["file"]
