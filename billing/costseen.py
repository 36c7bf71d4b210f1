"""Which calls a live feed has counted: each once, in bounded memory. Pure."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

SEEN_MAX = 200_000
"""Calls remembered: some minutes at the highest rate, and about 30 MB."""


class Unsure(Exception):
    """A call may have been counted by somebody forgotten since: only a new snapshot can tell."""


class Seen:
    """Remembers the latest calls. Forgetting is never taken for not having seen: what was made
    before the newest forgotten call, and is unknown, is ``Unsure``."""

    def __init__(self, counted: Mapping[UUID, datetime], most: int = SEEN_MAX) -> None:
        self._calls = OrderedDict(counted)
        # The snapshot's own calls never push each other out: a long backlog would never settle.
        self._most = most + len(self._calls)
        self._forgotten: datetime | None = None

    def is_new(self, call: UUID, at: datetime) -> bool:
        """Whether this call comes by for the first time. Raises Unsure."""
        if call in self._calls:
            self._calls.move_to_end(call)
            return False
        if self._forgotten is not None and at <= self._forgotten:
            raise Unsure
        self._calls[call] = at
        if len(self._calls) > self._most:
            _, made = self._calls.popitem(last=False)
            self._forgotten = max(made, self._forgotten or made)
        return True

    def __len__(self) -> int:
        return len(self._calls)
