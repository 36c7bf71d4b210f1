"""The suite shares itself out as it says, and no skip escapes whoever forbids them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT
from tests.support.parallel import LONGEST_FIRST, chosen, place, unit

MODULES = {
    "test_passes.py": "def test_it(): pass\n",
    "test_skipped_whole.py": "import pytest\npytest.skip('why', allow_module_level=True)\n",
    "test_skips.py": "import pytest\ndef test_one(): pytest.skip('why')\n",
}


def test_what_is_named_exists() -> None:
    assert [path for path in LONGEST_FIRST if not (ROOT / path).exists()] == []


def test_a_module_stays_whole_and_what_takes_long_goes_first() -> None:
    assert unit("tests/x/test_a.py::test_one[b::c]") == "tests/x/test_a.py"
    assert place("tests/system/test_kills.py::test_one") < place("tests/x/test_a.py::test_one")


def test_one_worker_drives_the_browser_while_there_is_anything_else() -> None:
    waiting = ["tests/browser/test_chat.py", "tests/x/test_a.py", "tests/browser/test_admin.py"]
    assert chosen(waiting, draws=True) == "tests/browser/test_chat.py"
    assert chosen(waiting, draws=False) == "tests/x/test_a.py"
    assert chosen(waiting[::2], draws=False) == "tests/browser/test_chat.py"
    assert chosen(waiting[1:2], draws=True) == "tests/x/test_a.py"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_skip_fails_the_run_where_nothing_may_be_skipped(tmp_path: Path, workers: str) -> None:
    for name, code in MODULES.items():
        (tmp_path / name).write_text(code)
    options = ["-p", "tests.support.skips", "-p", "no:cacheprovider", "-n", workers]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", tmp_path],
        cwd=ROOT,
        env={**os.environ, "NOTHING_SKIPPED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "1 passed" in done.stdout
    assert "failed" not in done.stdout
    _, _, told = done.stdout.partition("NOTHING_SKIPPED is set")
    named = [line for line in told.splitlines() if line.startswith("test_")]
    assert named == ["test_skipped_whole.py", "test_skips.py::test_one"]
