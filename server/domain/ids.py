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

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then 12 bits that count up inside one millisecond.

    Ids made by one process never go backwards, even when its clock does.
    """
    global _last
    with _lock:
        stamp = time.time_ns() // 1_000_000 << 12
        _last = stamp = max(stamp, _last + 1)
    millis, counter = stamp >> 12, stamp & 0xFFF
    rand = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return UUID(int=millis << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | rand)
