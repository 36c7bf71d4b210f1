"""Data that cannot be served is told in one line; what a crash left in the way is removed."""

import os
from pathlib import Path

import pytest

from server.local.engines import engines_running
from server.local.errors import DataDirUnusable, EngineFailed, LocalEngineError, WrongVersion
from tests.server.local import scene


def start(data_dir: Path) -> list[str]:
    with engines_running(data_dir) as urls:
        return scene.words(urls)


def refusal(data_dir: Path, kind: type[LocalEngineError]) -> str:
    with pytest.raises(kind) as refused:
        start(data_dir)
    assert "\n" not in str(refused.value)
    assert not scene.processes_in(data_dir)
    return str(refused.value)


def test_data_of_another_major_version_is_refused_untouched(data_dir: Path) -> None:
    version = data_dir / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    assert "PostgreSQL 17, installed is 18" in refusal(data_dir, WrongVersion)
    version.write_text("18\n")
    assert start(data_dir) == ["kept", "kept"]


def test_a_folder_that_is_no_data_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").unlink()
    assert "no PostgreSQL data" in refusal(data_dir, DataDirUnusable)


def test_an_engine_that_cannot_start_says_why(data_dir: Path) -> None:
    (data_dir / "postgres" / "global" / "pg_control").unlink()
    assert "postgres did not start: " in (told := refusal(data_dir, EngineFailed))
    assert "could not find the database system" in told


def test_a_number_in_the_pid_file_that_others_use_does_not_stop_a_start(data_dir: Path) -> None:
    lines = [str(os.getpid()), str(data_dir / "postgres"), "1700000000", "5432"]
    (data_dir / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert start(data_dir) == ["kept", "kept"]


def test_what_a_killed_initdb_left_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "owner.lock").touch()
    (tmp_path / "data" / "postgres.new").mkdir()
    (tmp_path / "data" / "postgres.new" / "PG_VERSION").write_text("18\n")
    with engines_running(tmp_path / "data") as urls:
        scene.write(urls, "word")
    assert not (tmp_path / "data" / "postgres.new").exists()
