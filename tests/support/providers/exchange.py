"""What a stub remembers of each request, to be compared with what the product says."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tests.support.providers.plays import Play


@dataclass
class Exchange:
    """One request and what became of it. Times are ``time.monotonic()``.

    ``path`` has its query behind it; ``body`` is the request's JSON, empty where it was none, and
    ``raw`` the bytes in any case. Header names are lower case.
    """

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    connection: int
    raw: bytes = b""
    play: Play = field(default_factory=Play)
    texts_sent: list[str] = field(default_factory=list)
    reasoning_sent: list[str] = field(default_factory=list)
    unsaid_sent: list[str] = field(default_factory=list)
    """Pieces of arguments of tool calls."""
    sent_at: list[float] = field(default_factory=list)
    wrong_at: float | None = None
    """When what was told to go wrong went wrong; of a silence, when it began."""
    finished_at: float | None = None
    """When the answer was complete."""
    closed_at: float | None = None
    """When the client closed the connection under an answer that was not complete."""

    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def client_left(self, within_s: float = 2.0) -> float:
        """Waits until the client has closed the connection; answers when it did."""
        async with asyncio.timeout(within_s):
            await self.left.wait()
        assert self.closed_at is not None
        return self.closed_at

    @property
    def tokens_sent(self) -> int:
        return len(self.texts_sent)

    @property
    def output_tokens(self) -> int:
        """All that the model wrote, as the vendor counts it."""
        return len(self.texts_sent) + len(self.reasoning_sent) + len(self.unsaid_sent)

    @property
    def text(self) -> str:
        return "".join(self.texts_sent)
