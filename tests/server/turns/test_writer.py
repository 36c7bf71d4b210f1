"""What is kept of one turn is bounded, in entries and in bytes; what goes at once is, too."""

import pytest
from redis.asyncio import Redis

from server.turns.buffer import SNAPSHOT_CHARACTERS, TurnBuffer
from server.turns.journal import Journal
from server.turns.writer import (
    APPEND_BYTES,
    APPEND_ENTRIES,
    BYTES_MAX,
    CHECKPOINT_BYTES,
    ENTRY_CHARACTERS,
    Writer,
)
from tests.server.turns.journals import journal_on, replica
from tests.server.turns.scene import buffer, end, write


async def kept_bytes(journal: Journal, turn: TurnBuffer) -> int:
    journaled = await journal.read(turn.turn_id)
    assert journaled is not None
    return sum(len(entry.data) for entry in journaled.entries)


async def test_much_that_is_no_text_is_trimmed_by_its_size(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    most = 0
    for _ in range(40):
        turn.event("turn.reasoning", b"r" * 50_000)
        write(turn, "x")
        assert await journal.flush()
        most = max(most, await kept_bytes(journal, turn))
    assert CHECKPOINT_BYTES < most < CHECKPOINT_BYTES + 2 * 60_000
    assert replica(turn, await journal.read(turn.turn_id)).text == turn.text


async def test_a_turn_that_no_checkpoint_can_stand_for_is_copied_up_to_a_limit(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, "x" * (SNAPSHOT_CHARACTERS + 1))
    while turn.characters < BYTES_MAX * 3 // 2:
        write(turn, "x" * 60_000)
        assert await journal.flush()
    end(turn)
    assert await journal.flush()
    size = await kept_bytes(journal, turn)
    assert BYTES_MAX < size < BYTES_MAX + APPEND_BYTES + SNAPSHOT_CHARACTERS
    assert [record.message for record in caplog.records] == ["journal.full"]
    journaled = await journal.read(turn.turn_id)
    assert journaled is not None
    assert turn.text.startswith(replica(turn, journaled).text)
    assert not replica(turn, journaled).has_ended  # the database tells of it


def writer_of(turn: TurnBuffer) -> Writer:
    return Writer(turn, 1, lambda _: None)


def entries_of(arguments: list[str | bytes | int]) -> list[tuple[int, int, int]]:
    """First and last number, and size, of each entry."""
    found = zip(arguments[5::4], arguments[6::4], arguments[8::4], strict=True)
    return [(int(first), int(last), len(bytes(data))) for first, last, data in found]  # type: ignore[arg-type]  # as the script takes them


def test_a_backlog_goes_in_several_appends_without_a_gap() -> None:
    turn = buffer()
    writer = writer_of(turn)
    for index in range(3 * APPEND_ENTRIES):
        write(turn, None if index % 2 else "word " * 200)
    appends, last = 0, 0
    while last < turn.seq:
        arguments, size = writer.arguments()
        entries = entries_of(arguments)
        assert len(entries) <= APPEND_ENTRIES
        assert sum(bytes_ for _, _, bytes_ in entries) <= APPEND_BYTES + 2 * ENTRY_CHARACTERS
        assert size >= sum(bytes_ for _, _, bytes_ in entries)
        for first, until, _ in entries:
            assert first == last + 1
            last = until
        writer.took(last)
        appends += 1
    assert appends >= 3
    assert entries_of(writer.arguments()[0]) == []


def test_a_run_of_deltas_is_cut_between_two_of_them() -> None:
    turn = buffer()
    writer = writer_of(turn)
    for _ in range(5):
        write(turn, "x" * (ENTRY_CHARACTERS // 2))
    write(turn, "y" * (ENTRY_CHARACTERS * 2))
    write(turn, "z")
    places = [(first, last) for first, last, _ in entries_of(writer.arguments()[0])]
    assert places == [(1, 2), (3, 4), (5, 5), (6, 6)]  # and the rest with the next append
    writer.took(6)
    assert [(first, last) for first, last, _ in entries_of(writer.arguments()[0])] == [(7, 7)]
