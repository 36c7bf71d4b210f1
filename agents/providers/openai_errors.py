"""What an OpenAI-wire server says when it fails, in our words: no key, no wall of text."""

import math
import re
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx2
import openai

from agents.providers.openai_wire import ErrorWire
from server.domain.errors import (
    AppError,
    ContentBlocked,
    Invalid,
    ModelUnavailable,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)

QUOTE_MAX = 300
"""Characters of a vendor's own message that are passed on."""

RETRY_AFTER_MAX_S = 3600.0

_SECRET = re.compile(r"\b(sk|pk|key|Bearer)[-_ ][A-Za-z0-9_\-*.]{6,}", re.IGNORECASE)
_BLOCKED = ("content_filter", "content_policy", "moderation", "safety")
_TOO_LONG = ("context_length", "string_above_max_length", "maximum context", "too long")


def mapped(error: Exception, provider: str, model: str, now: datetime) -> AppError:
    """Our error for what the SDK, the HTTP client or a decoder raised."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, provider, model, now)
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException | TimeoutError):
        return ProviderTimeout(f"{provider} did not answer in time.")
    if isinstance(error, openai.APIConnectionError):
        return ProviderError(f"{provider} cannot be reached.")
    if isinstance(error, httpx2.HTTPError):
        return ProviderError(f"The connection to {provider} broke off.")
    return ProviderProtocol(f"{provider} sent something that is not its protocol.")


def of_event(said: ErrorWire | str, provider: str) -> AppError:
    """Our error for an error event in the middle of a stream."""
    if isinstance(said, str):
        said = ErrorWire(message=said)
    words = f"{said.type or ''} {said.code or ''}".lower()
    if any(word in words for word in _BLOCKED):
        return ContentBlocked(_sentence(f"{provider} refused the content", said.message))
    if "rate_limit" in words or "429" in words:
        return ProviderRateLimited(_sentence(f"{provider} is limiting our requests", said.message))
    return ProviderError(_sentence(f"{provider} failed while answering", said.message))


def _of_status(error: openai.APIStatusError, provider: str, model: str, now: datetime) -> AppError:
    status = error.status_code
    words = f"{error.code or ''} {error.type or ''}".lower()
    if any(word in words for word in _BLOCKED):
        return ContentBlocked(_sentence(f"{provider} refused the content", _own_message(error)))
    if status in (400, 413, 422):
        return _refused(error, words, provider)
    if status == 404:
        return ModelUnavailable(f"{provider} has no model {model!r} for us.")
    failure: AppError
    if status in (401, 403):
        # The vendor's text quotes the key, in part: not a word of it is passed on.
        failure = ProviderError(f"{provider} refused our credentials: the operator's to mend.")
    elif status == 402 or "insufficient_quota" in words:
        failure = ProviderError(f"Our account with {provider} is used up: the operator's to mend.")
    elif status == 429:
        failure = ProviderRateLimited(f"{provider} is limiting our requests.")
    elif status in (408, 504):
        failure = ProviderTimeout(f"{provider} did not answer in time.")
    else:
        failure = ProviderError(f"{provider} failed (HTTP {status}).")
    failure.retry_after = retry_after_s(error.response.headers, now)
    failure.metadata = {"provider": provider, "status": status}
    return failure


def _refused(error: openai.APIStatusError, words: str, provider: str) -> Invalid:
    said = _own_message(error)
    too_long = any(word in f"{words} {said or ''}".lower() for word in _TOO_LONG)
    return Invalid(
        _sentence(f"{provider} refused the request", said),
        path="$.text" if too_long or error.status_code == 413 else None,
        metadata={"provider": provider, "status": error.status_code},
    )


def _own_message(error: openai.APIStatusError) -> str | None:
    """The vendor's sentence, without the SDK's prefix; None when the body was no JSON object."""
    if isinstance(error.body, dict) and isinstance(error.body.get("message"), str):
        return str(error.body["message"])
    return None


def _sentence(ours: str, theirs: str | None) -> str:
    if not theirs:
        return f"{ours}."
    quoted = _SECRET.sub("[redacted]", " ".join(theirs.split()))
    return f"{ours}: {quoted[:QUOTE_MAX]}"


def retry_after_s(headers: httpx2.Headers, now: datetime) -> float | None:
    """Seconds that the server asks us to wait, by ``retry-after-ms`` or ``Retry-After`` (a number
    or a date); None when it names none or nonsense."""
    for name, per_second in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) / per_second
        except ValueError:
            try:
                seconds = (parsedate_to_datetime(text) - now).total_seconds()
            except (ValueError, TypeError):
                continue
        if math.isfinite(seconds):
            return min(max(seconds, 0.0), RETRY_AFTER_MAX_S)
    return None
