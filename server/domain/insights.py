"""Insights: what agents have learned about a creator's work, and what of it others may read."""

import enum
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from server.domain.texts import NO_NUL

TEXT_MAX = 1_000
"""Characters: two or three sentences. What needs more is several insights."""

DATA_BYTES = 4_096
"""Of what one carries beside its text, as JSON: figures that it was made of."""

TAGS_MAX = 20

Confidence: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
"""How sure its source was, as a share; it fades (``knowledge.decay``)."""

Tag: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
PersonName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]


class InsightKind(enum.StrEnum):
    """What an insight is about: what is asked for by those that need it."""

    FAN_PREFERENCE = "fan_preference"
    ENGAGEMENT_PATTERN = "engagement_pattern"
    CONTENT_PERFORMANCE = "content_performance"
    SALES_TACTIC = "sales_tactic"
    OPTIMAL_TIMING = "optimal_timing"
    REVENUE_TREND = "revenue_trend"


class Audience(enum.StrEnum):
    """Who reads it: the creator it was learned from, or all, as what several have in common."""

    OWN = "own"
    SHARED = "shared"


class NewInsight(Struct, frozen=True, kw_only=True):
    """What an agent wants remembered. ``source`` is the agent; ``language`` (ISO 639-1, empty:
    unknown) is that of ``text``. ``people`` names the fans that the text speaks of, so that they
    can be left out of what others read."""

    kind: InsightKind
    source: Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX, pattern=NO_NUL)]
    confidence: Confidence
    language: Annotated[str, Meta(pattern="^([a-z]{2})?$")] = ""
    data: dict[str, Any] = {}
    tags: Annotated[tuple[Tag, ...], Meta(max_length=TAGS_MAX)] = ()
    people: Annotated[tuple[PersonName, ...], Meta(max_length=20)] = ()


class Insight(Struct, frozen=True, kw_only=True):
    """One that is kept. ``confidence`` is as of ``confidence_at``. A shared one is what
    ``creators`` have in common; of one creator's, ``seen`` counts how often it was learned,
    ``helped`` and ``hindered`` what came of using it. ``superseded_by`` is the one that took its
    place."""

    id: UUID
    audience: Audience
    kind: InsightKind
    source: str
    text: str
    language: str
    confidence: float
    confidence_at: datetime
    data: dict[str, Any]
    tags: tuple[str, ...]
    creators: int
    seen: int
    helped: int
    hindered: int
    created_at: datetime
    retracted_at: datetime | None
    superseded_by: UUID | None
