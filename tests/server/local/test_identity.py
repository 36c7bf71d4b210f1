"""Ids of engines: without rights, nobody's account, and told by trying."""

import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.local.identity import UNUSED_IDS, Identity, Runner, account, can_run, give, unused_id

PRINT_ID = [sys.executable, "-c", "import os; print(os.geteuid(), os.stat('.').st_uid)"]


def test_inside_a_namespace_we_are_somebody_without_rights(tmp_path: Path) -> None:
    identity = Identity(runner=Runner.NAMESPACE, uid=os.geteuid())
    if not can_run(identity, PRINT_ID, inside=tmp_path):
        pytest.skip("user namespaces are forbidden here")
    told = subprocess.run(
        PRINT_ID,
        cwd=tmp_path,
        preexec_fn=identity.enter(signal.SIGKILL),
        capture_output=True,
        check=True,
    )
    # Our files are that id's files: nothing has to be given away.
    assert told.stdout.split() == [str(account().pw_uid).encode()] * 2
    status = subprocess.run(
        ["grep", "CapEff", "/proc/self/status"],
        preexec_fn=identity.enter(signal.SIGKILL),
        capture_output=True,
        check=True,
    )
    assert int(status.stdout.split()[1], 16) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another id")
def test_what_an_id_cannot_reach_is_found_by_trying(tmp_path: Path) -> None:
    identity = Identity(runner=Runner.COPY, uid=UNUSED_IDS[0])
    shell: list[str | Path] = ["/bin/sh", "-c", ":"]
    assert can_run(identity, shell, inside=Path("/"))
    assert not can_run(identity, shell, inside=tmp_path)
    assert not can_run(identity, [tmp_path / "nothing"], inside=Path("/"))


def test_an_unused_id_has_no_account_and_stays(tmp_path: Path) -> None:
    uid = unused_id(tmp_path / "data")
    assert uid in UNUSED_IDS
    with pytest.raises(KeyError):
        pwd.getpwuid(uid)
    assert unused_id(tmp_path / "data") == uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_gift_is_whole_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.touch()
    tree = tmp_path / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "below" / "file").touch()
    (tree / "link").symlink_to(outside)
    give(tree, UNUSED_IDS[0])
    assert {path.lstat().st_uid for path in (tree, *tree.rglob("*"))} == {UNUSED_IDS[0]}
    assert outside.stat().st_uid == 0
    assert unused_id(tree) == UNUSED_IDS[0]
