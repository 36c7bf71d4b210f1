"""What one provider call used, in the units that prices are made of."""

import enum
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from server.domain.ids import CallId, TurnId, UserId, WorkspaceId
from server.domain.money import MicroCredits, NanoUsd, PicoUsd

Unit: TypeAlias = Literal["token", "image", "character", "second"]
"""What a model is sold by."""


class UsageSource(enum.StrEnum):
    PROVIDER = "provider"
    ESTIMATED = "estimated"
    """Counted locally, because the call ended before the provider gave its figures."""


class CallOutcome(enum.StrEnum):
    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Usage(Struct, frozen=True, kw_only=True, gc=False):
    """What one call used, normalised at the provider's edge so that the parts sum to the total.

    ``cached_input_tokens`` and ``cache_write_tokens`` are parts of ``input_tokens``,
    ``reasoning_tokens`` is part of ``output_tokens``: none is ever added a second time. ``images``
    are those that were made, ``characters`` those that were spoken, ``audio_ms`` the milliseconds
    that were spoken or written down. Whatever has no price of its own is paid for with the others.
    """

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    source: UsageSource = UsageSource.PROVIDER
    raw: dict[str, Any] | None = None
    images: int = 0
    characters: int = 0
    audio_ms: int = 0


def total(usages: Iterable[Usage]) -> Usage:
    """All of them together; estimated as soon as one of them is."""
    calls = tuple(usages)
    is_estimated = any(call.source is UsageSource.ESTIMATED for call in calls)
    return Usage(
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        cached_input_tokens=sum(call.cached_input_tokens for call in calls),
        cache_write_tokens=sum(call.cache_write_tokens for call in calls),
        reasoning_tokens=sum(call.reasoning_tokens for call in calls),
        source=UsageSource.ESTIMATED if is_estimated else UsageSource.PROVIDER,
        images=sum(call.images for call in calls),
        characters=sum(call.characters for call in calls),
        audio_ms=sum(call.audio_ms for call in calls),
    )


class Price(Struct, frozen=True, kw_only=True, gc=False):
    """What one model's units cost, in pico-dollars each, and the credits asked for that cost.

    ``input`` and ``output`` are for a token; ``cached_input`` and ``cache_write`` default to the
    input price. ``image``, ``character`` and ``second`` (of audio) None: not sold by that unit.
    ``multiplier_ppm``: millionths, 1_000_000 passes the cost on unchanged.
    """

    input: PicoUsd
    output: PicoUsd
    cached_input: PicoUsd | None = None
    cache_write: PicoUsd | None = None
    multiplier_ppm: int = 1_000_000
    image: PicoUsd | None = None
    character: PicoUsd | None = None
    second: PicoUsd | None = None

    def sells(self, unit: Unit) -> bool:
        """Whether what a call uses of ``unit`` is paid for by this price. Tokens that cost nothing
        are given away only where nothing else is sold."""
        match unit:
            case "token":
                others = (self.image, self.character, self.second)
                return bool(self.input or self.output) or others == (None, None, None)
            case "image":
                return self.image is not None
            case "character":
                return self.character is not None
            case "second":
                return self.second is not None


class UsageEvent(Struct, frozen=True, kw_only=True, rename="camel"):
    """One provider call as billing hears of it: the payload of an outbox row and a stream entry.

    ``month`` is the month of admission; consumption time never matters. ``charged_usd`` is
    ``charged`` in nano-dollars.
    """

    call_id: CallId
    turn_id: TurnId
    creator_id: UserId
    workspace_id: WorkspaceId
    feature: str
    agent: str
    provider: str
    model: str
    usage: Usage
    price: Price
    cost_usd: NanoUsd
    charged: MicroCredits
    charged_usd: NanoUsd
    outcome: CallOutcome
    plan: str
    month: date
    correlation_id: str
    duration_ms: int
    at: datetime


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
