"""Folders of one run: short enough, private, swept without touching what is not ours."""

import os
from pathlib import Path

import pytest

from server.local import runtime
from server.local.datadir import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "data")
    found.prepare()
    return found


def record(home: Home, folder: Path) -> None:
    home.runtime_record.write_text(str(folder))


def test_the_longest_path_that_fits_is_taken_and_no_longer_one() -> None:
    base = Path("/tmp") / f"causerie-{os.getpid()}"
    room = 107 - len(str(base / "x" / runtime.LONGEST_NAME)) + 1
    try:
        for length, fits in ((room, True), (room + 1, False)):
            folder = base / ("x" * length)
            folder.mkdir(parents=True)
            assert runtime.can_bind(folder) is fits
            assert not list(folder.iterdir())
            folder.rmdir()
    finally:
        base.rmdir()


@pytest.mark.parametrize("name", ["a,b", "a b", "a%b", "ä"])
def test_a_path_that_a_client_might_misread_is_not_taken(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    assert not runtime.can_bind(tmp_path / name)


def test_what_a_killed_run_left_is_swept(home: Home, tmp_path: Path) -> None:
    left = tmp_path / "causerie-left"
    (left / "s").mkdir(parents=True)
    (left / "s" / "valkey.sock").touch()
    home.run.mkdir()
    (home.run / "valkey.sock").touch()
    record(home, left)
    runtime.sweep(home)
    assert not left.exists()
    assert not home.run.exists()
    assert not home.runtime_record.exists()


def test_a_folder_that_is_not_ours_is_not_swept(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.mkdir()
    link = tmp_path / "causerie-link"
    link.symlink_to(target)
    for folder in (target, link):
        record(home, folder)
        runtime.sweep(home)
        assert folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's folder")
def test_a_folder_that_another_user_made_under_the_old_name_stays(
    home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "causerie-reused"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    record(home, folder)
    runtime.sweep(home)
    assert folder.exists()
