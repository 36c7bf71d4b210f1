"""Identifiers: UUID version 7, so that they sort by the time they were made."""

import os
import threading
import time
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
WorkspaceId = NewType("WorkspaceId", UUID)
ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
TurnId = NewType("TurnId", UUID)
CallId = NewType("CallId", UUID)
AccountId = NewType("AccountId", UUID)
PresetId = NewType("PresetId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
SessionId = NewType("SessionId", UUID)
BootId = NewType("BootId", UUID)
"""One run of one process: a restart is another boot, so a lease is never inherited."""


class _Sequence:
    """Milliseconds and a 12-bit counter as one number that only ever grows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            self._last = max(time.time_ns() // 1_000_000 << 12, self._last + 1)
            return self._last


_sequence = _Sequence()


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then 12 bits that count up within one.

    Ids made by one process never go backwards, even when its clock does.
    """
    stamp = _sequence.next()
    millis, counter = stamp >> 12, stamp & 0xFFF
    rand = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return UUID(int=millis << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | rand)
