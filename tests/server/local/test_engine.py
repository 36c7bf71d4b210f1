"""The reason of a failed start is found in a log and fits on one line."""

from pathlib import Path

from server.local.engine import TAIL_BYTES, reason


def test_errors_count_more_than_what_was_said_last(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("starting\nFATAL:  no space\nclosing\nbye\n")
    assert reason(log) == "FATAL:  no space"


def test_without_errors_the_last_lines_are_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("a\nb\n\nc\nd\n")
    assert reason(log) == "b | c | d"


def test_earlier_runs_and_far_away_lines_are_not_searched(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("FATAL: old\n")
    size = log.stat().st_size
    log.write_bytes(log.read_bytes() + b"new \xff\n")
    assert reason(log, since=size) == "new �"
    log.write_text("FATAL: far\n" + "x\n" * TAIL_BYTES)
    assert reason(log) == "x | x | x"


def test_a_missing_or_silent_log_is_said(tmp_path: Path) -> None:
    assert reason(tmp_path / "nothing") == "it left no log"
    (tmp_path / "log").touch()
    assert reason(tmp_path / "log") == "it said nothing"
