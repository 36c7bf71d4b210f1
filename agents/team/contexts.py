"""What a creator's agents are told: typed, with figures as they are known.

Amounts are decimal strings with their currency where it is known, times are ISO dates: what stands
here stands in the prompt, digit for digit.
"""

from datetime import date
from typing import Literal, TypeAlias

from msgspec import Struct

from agents.rules.platforms import Platform

Engagement: TypeAlias = Literal["low", "medium", "high"]
Content: TypeAlias = Literal["photo", "video", "story"]
Mood: TypeAlias = Literal["fun", "serious", "relaxed"]
Analysis: TypeAlias = Literal[
    "engagement", "content", "audience", "revenue", "competition", "growth"
]


class Figure(Struct, frozen=True, kw_only=True):
    """One known number or fact of the creator's: of campaigns, subscriptions, statistics."""

    name: str
    value: str


class Learned(Struct, frozen=True, kw_only=True):
    """Something that worked before. ``confidence`` is 0-1, as of now."""

    text: str
    confidence: float


class Creator(Struct, frozen=True, kw_only=True):
    """How the creator wants to sound. ``language``: an ISO 639-1 code, for where the reader's is
    not known."""

    name: str | None = None
    language: str | None = None
    tone: str | None = None
    personality: str | None = None
    brand_voice: str | None = None
    forbidden_topics: tuple[str, ...] = ()


class Fan(Struct, frozen=True, kw_only=True):
    name: str | None = None
    tier: str | None = None
    lifetime_value: str | None = None


class Purchases(Struct, frozen=True, kw_only=True):
    total: str | None = None
    last_order_at: date | None = None
    average_order_value: str | None = None


class Said(Struct, frozen=True, kw_only=True):
    """One earlier message between a fan and the creator."""

    by: Literal["fan", "creator"]
    text: str


class Known(Struct, frozen=True, kw_only=True):
    """What all agents may be told beside the matter. ``learned``: the best first.
    ``reader_language``: an ISO 639-1 code, in which to write; None: the creator's own."""

    creator: Creator = Creator()
    figures: tuple[Figure, ...] = ()
    learned: tuple[Learned, ...] = ()
    reader_language: str | None = None


class FanMessage(Struct, frozen=True, kw_only=True):
    """A fan wrote. ``history``: what was said before, the newest last."""

    message: str
    known: Known = Known()
    fan: Fan = Fan()
    history: tuple[Said, ...] = ()
    engagement: Engagement | None = None
    purchases: Purchases = Purchases()


class CaptionWish(Struct, frozen=True, kw_only=True):
    """A post needs words."""

    platform: Platform
    content: Content
    description: str
    known: Known = Known()
    mood: Mood | None = None
    audience: str | None = None
    performance: tuple[str, ...] = ()
    """What analytics say of earlier posts."""


class Performance(Struct, frozen=True, kw_only=True):
    """Figures that are to be understood. ``metrics`` are all that are known, named."""

    platforms: tuple[str, ...]
    content_types: tuple[str, ...]
    timeframe: str
    metrics: tuple[Figure, ...]
    known: Known = Known()
    analysis: Analysis | None = None


class SalesWish(Struct, frozen=True, kw_only=True):
    """A sales message that is to become a better one."""

    message: str
    known: Known = Known()
    fan: Fan = Fan()
    purchases: Purchases = Purchases()
    engagement: Engagement | None = None
    content_type: str | None = None
    price_point: str | None = None


class ReplyIdeas(Struct, frozen=True, kw_only=True):
    """Ways to answer a fan's last message are wanted. ``message_count``: how many they have written
    so far; ``fan.lifetime_value`` is what they have spent."""

    last_message: str
    known: Known = Known()
    fan: Fan = Fan()
    history: tuple[Said, ...] = ()
    message_count: int | None = None


class ContentIdeas(Struct, frozen=True, kw_only=True):
    """Ideas for what to post are wanted. ``type`` is the kind of content, in the words of whoever
    asks; ``context``, what else they say of it."""

    type: str
    known: Known = Known()
    context: tuple[Figure, ...] = ()


class Outgoing(Struct, frozen=True, kw_only=True):
    """A text that is about to go out."""

    text: str
    known: Known = Known()


TeamRequest: TypeAlias = (
    FanMessage | CaptionWish | Performance | SalesWish | ReplyIdeas | ContentIdeas
)
"""What the team is asked for."""
