"""How many Python functions a piece of work calls: its cost in a figure that no machine changes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Calls:
    count = 0


@contextmanager
def calls_counted() -> Iterator[Calls]:
    """Of this thread, inside the block, libraries included; what is written in C is not seen."""
    calls = Calls()

    def note(_frame: FrameType, event: str, _argument: Any) -> None:
        calls.count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)
