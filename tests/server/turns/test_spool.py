"""What is kept is there after a kill, readable by us alone; what a disk refuses breaks nothing."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from server.domain.errors import AppError, Draining, Internal, ProviderTimeout
from server.domain.ids import CallId, new_id
from server.domain.money import NanoUsd
from server.domain.turn import FinishReason, TurnState
from server.turns.receipts import Worked
from tests.server.turns.endings import an_ending, file_of, spool_in, take, waiting


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(FinishReason))
def test_an_ending_is_read_as_it_was_kept(
    tmp_path_factory: pytest.TempPathFactory, text: str, reason: FinishReason
) -> None:
    folder = tmp_path_factory.mktemp("data")
    spool, ending = spool_in(folder), an_ending(text, finish_reason=reason)
    assert spool.keep(ending)
    spool.close()
    ((left,),) = [take(spool_in(folder))]
    assert (left.endings, left.unread) == ([ending], [])


def test_what_each_of_several_agents_did_is_kept(tmp_path: Path) -> None:
    did = Worked(
        agent="sales",
        status="failed",
        error="paused",
        calls=[CallId(new_id())],
        is_free=True,
        cap_usd=NanoUsd(250_000_000),
    )
    spool = spool_in(tmp_path)
    assert spool.keep(an_ending(worked=[did]))
    spool.close()
    (left,) = take(spool_in(tmp_path))
    assert left.endings[0].worked == [did]


@pytest.mark.parametrize("error", [Draining("Bye."), ProviderTimeout("Slow."), Internal("Ours.")])
def test_an_error_is_what_it_was(tmp_path: Path, error: AppError) -> None:
    spool = spool_in(tmp_path)
    assert spool.keep(an_ending(state=TurnState.FAILED, error=error))
    spool.close()
    (left,) = take(spool_in(tmp_path))
    kept = left.endings[0].error
    assert kept is not None
    assert (type(kept), kept.message) == (type(error), error.message)


def test_the_folder_and_the_file_are_ours_alone(tmp_path: Path) -> None:
    data = tmp_path / "not" / "made"
    before = os.umask(0)
    try:
        assert spool_in(data).keep(an_ending())
    finally:
        os.umask(before)
    assert [S_IMODE(path.stat().st_mode) for path in (data, data / "spool", file_of(data))] == [
        0o700,
        0o700,
        0o600,
    ]


def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    spool = spool_in(tmp_path / "data")
    assert take(spool) == []
    spool.close()
    assert not (tmp_path / "data").exists()


def test_a_file_is_taken_when_its_owner_is_gone_and_by_one_only(tmp_path: Path) -> None:
    owner, first, second = (spool_in(tmp_path) for _ in range(3))
    ending = an_ending()
    owner.keep(ending)
    assert waiting(first) == []
    owner.close()
    (file,) = first.abandoned()
    assert waiting(second) == []
    file.close()
    assert waiting(second) == [ending.turn.id]


def test_a_file_that_was_removed_while_one_waited_is_nobodys(tmp_path: Path) -> None:
    owner, first = spool_in(tmp_path), spool_in(tmp_path)
    owner.keep(an_ending())
    owner.close()
    (file,) = first.abandoned()
    looking = spool_in(tmp_path).abandoned()
    file.remove()
    file.close()
    assert list(looking) == []


def test_servers_of_another_database_leave_it_alone(tmp_path: Path) -> None:
    owner = spool_in(tmp_path, "here")
    owner.keep(an_ending())
    owner.close()
    assert waiting(spool_in(tmp_path, "there")) == []
    assert len(waiting(spool_in(tmp_path, "here"))) == 1


def test_what_the_database_has_is_struck_out(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    endings = [an_ending() for _ in range(3)]
    for ending in endings:
        assert spool.keep(ending)
        assert spool.keep(ending)
    assert spool.waiting == 3
    spool.strike(endings[1].turn.id)
    spool.strike(new_id())
    assert spool.waiting == 2
    spool.close()
    assert waiting(spool_in(tmp_path)) == [endings[0].turn.id, endings[2].turn.id]


def test_a_file_with_nothing_left_goes(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    for _ in range(2):
        ending = an_ending()
        spool.keep(ending)
        spool.strike(ending.turn.id)
        assert file_of(tmp_path).read_bytes() == b""
    spool.close()
    assert list((tmp_path / "spool").iterdir()) == []


def test_lines_that_nobody_can_read_hide_no_others(tmp_path: Path) -> None:
    spool, endings = spool_in(tmp_path), [an_ending() for _ in range(3)]
    for ending in endings:
        spool.keep(ending)
    spool.close()
    path = file_of(tmp_path)
    first, second, third = path.read_bytes().splitlines()
    torn = third[:-40]
    path.write_bytes(
        b"\n".join([first, b"\xff\x00 garbage", b'{"ending":{"turn":5}}', second, torn])
    )
    (file,) = spool_in(tmp_path).abandoned()
    left = file.read()
    assert [ending.turn.id for ending in left.endings] == [e.turn.id for e in endings[:2]]
    assert left.unread == [b"\xff\x00 garbage", b'{"ending":{"turn":5}}', torn]
    aside = file.set_aside(left.unread)
    assert file.set_aside(left.unread) == aside
    assert aside.read_bytes().splitlines() == left.unread
    assert (aside.suffix, S_IMODE(aside.stat().st_mode)) == (".unread", 0o600)
    file.close()


def test_an_earlier_version_counted_tokens_only(tmp_path: Path) -> None:
    spool, ending = spool_in(tmp_path), an_ending()
    spool.keep(ending)
    spool.close()
    path = file_of(tmp_path)
    line = json.decode(path.read_bytes())
    (call,) = line["ending"]["calls"]
    for name in ("images", "characters", "audio_ms"):
        del call["usage"][name]
    for name in ("image", "character", "second"):
        del call["price"][name]
    path.write_bytes(json.encode(line))
    ((left,),) = [take(spool_in(tmp_path))]
    assert left.endings == [ending]


def test_a_later_version_may_say_more(tmp_path: Path) -> None:
    spool, ending = spool_in(tmp_path), an_ending()
    spool.keep(ending)
    spool.close()
    path = file_of(tmp_path)
    line = json.decode(path.read_bytes())
    line["ending"]["later"] = line["later"] = 1
    path.write_bytes(json.encode(line))
    assert waiting(spool_in(tmp_path)) == [ending.turn.id]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a disk that is full: a write that would make a longer file is cut, then fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_leaves_no_half_line_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool, kept, late = spool_in(tmp_path), an_ending(), an_ending()
    assert spool.keep(kept)
    with files_of_at_most(file_of(tmp_path).stat().st_size + 100):
        assert not spool.keep(late)
        assert not spool.keep(late)
    assert [record.message for record in caplog.records].count("spool.unwritable") == 1
    assert spool.waiting == 1
    assert spool.keep(late)
    spool.close()
    (left,) = take(spool_in(tmp_path))
    assert (left.endings, left.unread) == ([kept, late], [])


def test_a_folder_that_cannot_be_made_breaks_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "spool").write_text("somebody's file")
    spool = spool_in(tmp_path)
    assert [spool.keep(an_ending()) for _ in range(3)] == [False] * 3
    assert [record.message for record in caplog.records] == ["spool.unwritable"]
    assert take(spool) == []
    spool.strike(new_id())
    spool.close()


def test_what_no_line_can_say_is_told_and_hinders_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool, fine = spool_in(tmp_path), an_ending()
    assert not spool.keep(an_ending("lone \ud800 surrogate"))
    assert spool.keep(fine)
    spool.close()
    assert waiting(spool_in(tmp_path)) == [fine.turn.id]
    assert "turn.unspoolable" in [record.message for record in caplog.records]


CHILD = """
import sys, time
from pathlib import Path
from server.turns.receipts import Worked
from tests.server.turns.endings import an_ending, spool_in
spool = spool_in(Path(sys.argv[1]))
ending = an_ending()
assert spool.keep(ending)
print(ending.turn.id, flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_kept_is_there(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        told = process.stdout.readline().strip()
        assert waiting(spool_in(tmp_path)) == []
    finally:
        process.kill()
        process.communicate()
    assert waiting(spool_in(tmp_path)) == [UUID(told)]
