"""The suite shares itself out as it says, and no skip escapes whoever forbids them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT
from tests.support.parallel import LONGEST_FIRST, TOGETHER, place, unit

MODULES = {
    "test_passes.py": "def test_it(): pass\n",
    "test_skipped_whole.py": "import pytest\npytest.skip('why', allow_module_level=True)\n",
    "test_skips.py": "import pytest\ndef test_one(): pytest.skip('why')\n",
}


def test_what_is_named_exists() -> None:
    assert [path for path in (*LONGEST_FIRST, *TOGETHER) if not (ROOT / path).exists()] == []


def test_a_module_stays_whole_and_a_folder_that_shares_a_server_too() -> None:
    assert unit("tests/x/test_a.py::test_one[b::c]") == "tests/x/test_a.py"
    assert unit("tests/browser/test_chat.py::test_one") == "tests/browser"
    assert place("tests/browser/test_chat.py::test_one") < place("tests/x/test_a.py::test_one")


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("skipped", ["test_skips.py", "test_skipped_whole.py"])
def test_a_skip_fails_the_run_where_nothing_may_be_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str, skipped: str
) -> None:
    for name in ("test_passes.py", skipped):
        (tmp_path / name).write_text(MODULES[name])
    command = ["-m", "pytest", "-p", "tests.support.skips", "-n", workers, f"--rootdir={tmp_path}"]
    monkeypatch.delenv("NOTHING_SKIPPED", raising=False)
    assert run(*command, str(tmp_path)) == (0, [])
    monkeypatch.setenv("NOTHING_SKIPPED", "1")
    status, named = run(*command, str(tmp_path))
    assert status == 1
    assert [name.partition("::")[0] for name in named] == [skipped]


def run(*command: str) -> tuple[int, list[str]]:
    """The status, and what was named as skipped though nothing may be."""
    done = subprocess.run(
        [sys.executable, *command, "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    _, _, told = done.stdout.partition("NOTHING_SKIPPED is set")
    return done.returncode, [line for line in told.splitlines()[1:] if line.startswith("test_")]
