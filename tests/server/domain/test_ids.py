"""Ids sort by the time they were made, and nobody guesses them."""

import threading
import time
from uuid import RFC_4122, UUID

import pytest

from server.domain.ids import new_id


def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after + 1_000


def test_ids_of_one_process_only_ever_grow() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_a_clock_that_goes_back_does_not_take_ids_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert new_id() > before


def test_threads_never_make_the_same_one() -> None:
    made: list[list[UUID]] = []

    def make() -> None:
        made.append([new_id() for _ in range(2_000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stamps = {made_id.int >> 64 for ids in made for made_id in ids}
    assert len(stamps) == 8_000
