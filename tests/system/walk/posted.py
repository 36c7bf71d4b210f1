"""Things that one plain request of the owner's, or of an admin's, makes: where it goes, and what it
sends."""

from collections.abc import Callable
from typing import Any, NamedTuple

from server.domain.ids import new_id


def _custom_agent() -> dict[str, Any]:
    return {"name": str(new_id()), "instructions": "Walk."}


def _quick_reply() -> dict[str, Any]:
    return {"title": str(new_id()), "text": "Walked."}


def _completion() -> dict[str, Any]:
    return {"prompt": "hello", "params": {"maxOutputTokens": 5}}


def _insight() -> dict[str, Any]:
    return {"kind": "sales_tactic", "text": f"Photos sell, {new_id()}.", "confidence": 0.5}


def _experiment() -> dict[str, Any]:
    variants = [{"key": key, "text": f"Walked, {key}."} for key in ("plain", "warm")]
    return {"name": "Walked", "variants": variants}


class Posted(NamedTuple):
    """``name``: of the field of the answer that is the thing's id."""

    path: str
    body: Callable[[], dict[str, Any]]
    status: int = 201
    name: str = "id"


POSTED: dict[str, Posted] = {
    "conversation": Posted("/api/conversations", dict),
    "key": Posted("/api/api-keys", lambda: {"name": "walked"}),
    "pack": Posted("/api/admin/packs", lambda: {"name": "Small", "credits": "5", "priceUsd": "5"}),
    "generation": Posted("/api/ai/completions", _completion, 200, "generationId"),
    "insight": Posted("/api/insights", _insight),
    "custom agent": Posted("/api/agents", _custom_agent),
    "experiment": Posted("/api/ai/experiments", _experiment),
    "quick reply": Posted("/api/ai/quick-replies", _quick_reply),
}
"""By kind."""
