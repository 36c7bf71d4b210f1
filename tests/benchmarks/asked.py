"""What the stub is asked for: a directive in the prompt, the same for every product measured."""

import re
from typing import NamedTuple

_DIRECTIVE = re.compile(rb"\[bench tokens=(\d+) rate=(\d+) burst=(\d+) think_ms=(\d+)\]")


class Asked(NamedTuple):
    """One answer. ``rate`` is tokens per second, 0 unpaced: then ``burst`` events go with each
    write. ``think_ms`` pass before the first token."""

    tokens: int
    rate: int = 0
    burst: int = 1
    think_ms: int = 0

    def prompt(self) -> str:
        return (
            f"[bench tokens={self.tokens} rate={self.rate} burst={self.burst}"
            f" think_ms={self.think_ms}]"
        )


def read(body: bytes) -> Asked:
    """The last directive in a request, for a conversation's earlier ones stand before it.

    Raises:
        ValueError: there is none.
    """
    found = _DIRECTIVE.findall(body)
    if not found:
        raise ValueError("no directive")
    return Asked(*map(int, found[-1]))
