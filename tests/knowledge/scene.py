"""Insights to test with."""

from typing import Any

from server.domain.ids import UserId, new_id
from server.domain.insights import Audience, Insight, InsightKind, NewInsight
from server.persistence.database import Database
from tests.server.accounts.people import START, somebody


def words(text: str) -> int:
    """A counter of tokens that can be counted by hand."""
    return len(text.split())


def new(text: str = "Short captions sell.", confidence: float = 0.9, **fields: Any) -> NewInsight:
    values: dict[str, Any] = {
        "kind": InsightKind.CONTENT_PERFORMANCE,
        "source": "analytics",
        "language": "en",
        **fields,
    }
    return NewInsight(text=text, confidence=confidence, **values)


def insight(text: str = "Short captions sell.", confidence: float = 0.9, **fields: Any) -> Insight:
    values: dict[str, Any] = {
        "id": new_id(),
        "audience": Audience.OWN,
        "kind": InsightKind.CONTENT_PERFORMANCE,
        "source": "analytics",
        "language": "en",
        "confidence_at": START,
        "data": {},
        "tags": (),
        "creators": 1,
        "seen": 1,
        "helped": 0,
        "hindered": 0,
        "created_at": START,
        "retracted_at": None,
        "superseded_by": None,
        **fields,
    }
    return Insight(text=text, confidence=confidence, **values)


async def creator(database: Database) -> UserId:
    return await somebody(database, f"{new_id()}@example.com")
