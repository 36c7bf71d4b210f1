"""Deadlines move with what comes, and only forward while an answer is due."""

import asyncio

from agents.providers.timeouts import DONE_WAIT_S, USAGE_WAIT_S, Patience, Timeouts

TIMEOUTS = Timeouts(first_token_s=30, between_tokens_s=100)


async def test_the_first_token_has_its_own_deadline_and_each_token_starts_the_next() -> None:
    patience = Patience(TIMEOUTS)
    now = asyncio.get_running_loop().time()
    assert 29 < patience.deadline - now <= 30
    patience.heard()
    assert 99 < patience.deadline - now <= 101


async def test_behind_the_end_nothing_buys_more_time() -> None:
    patience = Patience(TIMEOUTS)
    patience.ended()
    due = patience.deadline
    now = asyncio.get_running_loop().time()
    assert due - now <= USAGE_WAIT_S
    await asyncio.sleep(0.01)
    patience.heard()
    patience.ended()
    assert patience.deadline == due


async def test_behind_the_last_event_only_a_packet_is_waited_for() -> None:
    patience = Patience(TIMEOUTS)
    now = asyncio.get_running_loop().time()
    patience.ended()
    patience.done()
    assert patience.deadline - now <= DONE_WAIT_S + 0.1


def test_the_sockets_own_timeout_stands_behind_both() -> None:
    assert Timeouts(first_token_s=3, between_tokens_s=7).read_s > 7
