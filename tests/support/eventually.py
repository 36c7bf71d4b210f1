"""Waiting in tests: for a condition, under a deadline, never for a time."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

DEADLINE_S = 10.0
LOOK_AGAIN_S = 0.01


async def eventually(condition: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """The first true answer of ``condition``, awaited where it must be; fails with the last one
    when time is up."""
    answer: Any = None
    try:
        async with asyncio.timeout(deadline_s):
            while True:
                found = condition()
                answer = await found if inspect.isawaitable(found) else found
                if answer:
                    return answer
                await asyncio.sleep(LOOK_AGAIN_S)
    except TimeoutError:
        raise AssertionError(f"not within {deadline_s} s; the last answer was {answer!r}") from None
