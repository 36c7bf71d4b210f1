"""What the Gemini SDK raises, as failures of ours."""

import re
from datetime import datetime
from typing import Any

import httpx2
from google.genai.errors import APIError

from agents.providers.failures import (
    NO_HEADERS,
    RETRY_AFTER_MAX_S,
    Answer,
    of_answer,
    of_event,
    of_exception,
    sentence,
)
from server.domain.errors import AppError, ProviderError

_TOO_LONG = "exceeds the maximum number of tokens"
_DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")


def mapped(error: Exception, provider: str, model: str, now: datetime) -> AppError:
    """Our error for what the SDK, the HTTP client or a deadline raised. An error event in the
    middle of a stream has a status of its own, and counts as an answer of that status."""
    if not isinstance(error, APIError):
        return of_exception(error, provider)
    details = _details(error)
    reasons = [str(detail.get("reason") or "") for detail in details]
    words = " ".join([str(error.status or ""), *reasons])
    message = error.message if isinstance(error.message, str) else None
    status: Any = error.code
    if not isinstance(status, int):
        return of_event(words, message, provider)
    if error.status == "FAILED_PRECONDITION":
        # The country, or an account without billing: nothing that the prompt could change.
        return ProviderError(
            sentence(f"{provider} does not serve our account", message),
            metadata={"provider": provider, "status": status},
        )
    if message and _TOO_LONG in message:
        words += " context_length"
    answer = Answer(status=status, words=words, message=message, headers=_headers(error))
    failure = of_answer(answer, provider, model, now)
    if failure.retry_after is None:
        failure.retry_after = _retry_delay_s(details)
    return failure


def _details(error: APIError) -> list[dict[str, Any]]:
    """The typed details of Google's error body; none where the body is anything else."""
    body = error.details
    said = body.get("error", body) if isinstance(body, dict) else None
    details = said.get("details") if isinstance(said, dict) else None
    if not isinstance(details, list):
        return []
    return [detail for detail in details if isinstance(detail, dict)]


def _retry_delay_s(details: list[dict[str, Any]]) -> float | None:
    """Google asks for a pause in the body, as ``34s`` or ``1.5s``, and in no header."""
    for detail in details:
        found = _DELAY.fullmatch(str(detail.get("retryDelay", "")))
        if found:
            return min(float(found[1]), RETRY_AFTER_MAX_S)
    return None


def _headers(error: APIError) -> httpx2.Headers:
    """Those of the response; an event in the middle of a stream has none that mean it."""
    response = error.response
    return response.headers if isinstance(response, httpx2.Response) else NO_HEADERS
