"""What one provider call used, in the units that prices are made of."""

import enum
from typing import Any

from msgspec import Struct


class UsageSource(enum.StrEnum):
    PROVIDER = "provider"
    ESTIMATED = "estimated"
    """Counted locally, because the call ended before the provider gave its figures."""


class CallOutcome(enum.StrEnum):
    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Usage(Struct, frozen=True, kw_only=True, gc=False):
    """Tokens of one call, normalised at the provider's edge so that the parts sum to the total.

    ``cached_input_tokens`` and ``cache_write_tokens`` are parts of ``input_tokens``,
    ``reasoning_tokens`` is part of ``output_tokens``: none is ever added a second time.
    """

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    source: UsageSource = UsageSource.PROVIDER
    raw: dict[str, Any] | None = None


FEATURES = (
    "chat",
    "fan_message",
    "caption",
    "analysis",
    "sales",
    "suggestion",
    "compliance",
    "title",
    "summary",
    "completion",
    "image",
    "speech",
    "transcription",
    "test",
)
"""What a call was for. A closed set: it labels metrics and groups reports."""
