"""Everybody is looked after once a round, never all at once, and nobody who has left."""

import asyncio
from collections import Counter

from server.sockets.rounds import STEPS, Rounds
from tests.support.eventually import eventually


class Someone:
    pass


async def test_everybody_has_a_turn_in_each_round_and_not_all_at_once() -> None:
    seen = Counter[Someone]()
    together = Counter[float]()

    def look(one: Someone) -> None:
        seen[one] += 1
        together[rounds._at] += 1

    rounds = Rounds[Someone](0.061, look)
    members = [Someone() for _ in range(10 * STEPS)]
    for member in members:
        rounds.enter(member)
    await eventually(lambda: len(seen) == len(members))
    assert max(seen.values()) <= 2
    assert len(together) > STEPS / 2


async def test_who_has_left_is_not_looked_after_and_the_timer_ends_with_the_last() -> None:
    seen = list[Someone]()
    rounds = Rounds[Someone](0.061, seen.append)
    left, stays = Someone(), Someone()
    rounds.enter(left)
    rounds.enter(stays)
    rounds.leave(left)
    await eventually(lambda: seen.count(stays) > 1)
    assert left not in seen
    rounds.leave(stays)
    rounds.leave(stays)
    await eventually(lambda: rounds._timer is None)
    seen.clear()
    rounds.enter(left)
    await eventually(lambda: seen == [left])


async def test_one_may_leave_while_others_are_looked_after() -> None:
    members = [Someone() for _ in range(4 * STEPS)]
    seen = set[Someone]()

    def look(one: Someone) -> None:
        seen.add(one)
        for member in members:
            rounds.leave(member)

    rounds = Rounds[Someone](0.061, look)
    for member in members:
        rounds.enter(member)
    await eventually(lambda: seen)
    await asyncio.sleep(0.1)
    assert len(seen) < len(members)
