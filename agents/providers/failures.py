"""What a provider says when it fails, in our words: no key, no wall of text.

Every provider ends here: it catches what its SDK raises, takes from it what ``Answer`` holds, and
raises what this makes of it. ``metadata`` names the provider, and the status where it gave one:
whoever tries again tells by it a failure of that moment from one that only an operator can mend.
"""

import math
import re
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx2
from msgspec import Struct

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

KEY_MIN = 8
"""Characters: a key such as "none" is no secret, and a word in many a sentence."""

RETRY_AFTER_MAX_S = 3600.0

NO_HEADERS = httpx2.Headers()

_SECRET = re.compile(
    r"\b(?:(?:(?:sk|pk|key)[-_]|Bearer )[A-Za-z0-9_\-*.]{6,}|AIza[A-Za-z0-9_\-*]{6,}"
    # Azure's and Mistral's keys begin like nothing; names of models are cut by hyphens and points.
    r"|(?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{24,})",
    re.IGNORECASE,
)
_BLOCKED = ("content_filter", "content_policy", "moderation", "safety", "responsibleai")
_TOO_LONG = ("context_length", "string_above_max_length", "maximum context", "too long")
_NO_KEY = ("api_key_invalid", "invalid_api_key")
_NO_MONEY = ("insufficient_quota", "billing_error", "credit balance is too low")
_BUSY = ("rate_limit", "429", "resource_exhausted")
_OVERLOADED = ("overloaded", "unavailable")
_OURS = ("authentication", "permission", "invalid_api_key", "billing")


class Answer(Struct, frozen=True, kw_only=True):
    """What a provider answered instead of a stream. ``words``: its type and code of the error,
    ``message``: its own sentence, None where the body had none."""

    status: int
    words: str = ""
    message: str | None = None
    headers: httpx2.Headers = NO_HEADERS


def of_answer(said: Answer, provider: str, model: str, now: datetime) -> AppError:
    """Our error for an HTTP status that is no success."""
    failure = _of_status(said, provider, model)
    failure.retry_after = retry_after_s(said.headers, now)
    failure.metadata = {"provider": provider, "status": said.status}
    return failure


def of_exception(error: Exception, provider: str) -> AppError:
    """Our error for what the HTTP client, a deadline or a decoder raised."""
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return _failure(ProviderTimeout, f"{provider} did not answer in time.", provider)
    if isinstance(error, httpx2.ConnectError):
        return unreachable(provider)
    if isinstance(error, httpx2.HTTPError):
        return _failure(ProviderError, f"The connection to {provider} broke off.", provider)
    return garbage(provider)


def of_event(words: str, message: str | None, provider: str) -> AppError:
    """Our error for an error event in the middle of a stream; ``words`` are its type and code."""
    words = words.lower()
    if _is_about(words, _BLOCKED):
        return blocked(provider, message)
    if _is_about(words, _OURS):
        # The vendor's text may quote the key, in part: not a word of it is passed on.
        failure = _failure(ProviderError, f"{_credentials(provider)}.", provider)
        failure.retryable = False
        failure.metadata["status"] = 401  # as it would have been before the stream began
        return failure
    if _is_about(words, _BUSY):
        text = sentence(f"{provider} is limiting our requests", message)
        return _failure(ProviderRateLimited, text, provider)
    what = "is overloaded" if _is_about(words, _OVERLOADED) else "failed while answering"
    return _failure(ProviderError, sentence(f"{provider} {what}", message), provider)


def unreachable(provider: str) -> AppError:
    return _failure(ProviderError, f"{provider} cannot be reached.", provider)


def garbage(provider: str) -> AppError:
    text = f"{provider} sent something that is not its protocol."
    return _failure(ProviderProtocol, text, provider)


def without_end(provider: str) -> AppError:
    """The stream ended, cleanly perhaps, and its end marker is missing."""
    text = f"{provider} ended its answer without the end marker."
    return _failure(ProviderProtocol, text, provider)


def no_stream(provider: str, content_type: str) -> AppError:
    """A success whose body held not one event."""
    kind = content_type.partition(";")[0] or "something"
    return _failure(
        ProviderProtocol, f"{provider} answered {kind} where a stream was due.", provider
    )


def blocked(provider: str, message: str | None = None) -> AppError:
    return _failure(ContentBlocked, sentence(f"{provider} refused the content", message), provider)


def _failure(kind: type[AppError], text: str, provider: str) -> AppError:
    return kind(text, metadata={"provider": provider})


def _for_the_operator(text: str) -> ProviderError:
    """What no user can mend by asking again."""
    error = ProviderError(text)
    error.retryable = False
    return error


def _of_status(said: Answer, provider: str, model: str) -> AppError:
    status, words = said.status, said.words.lower()
    everything = f"{words} {said.message or ''}".lower()
    if _is_about(words, _BLOCKED):
        return blocked(provider, said.message)
    if status in (401, 403) or _is_about(words, _NO_KEY):
        # The vendor's text quotes the key, in part: not a word of it is passed on.
        return _for_the_operator(f"{_credentials(provider)}.")
    if status == 402 or _is_about(everything, _NO_MONEY):
        return _for_the_operator(f"Our account with {provider} is used up: the operator's to mend.")
    if status in (400, 413, 422):
        return Invalid(
            sentence(f"{provider} refused the request", said.message),
            path="$.text" if status == 413 or _is_about(everything, _TOO_LONG) else None,
        )
    kind, text = _BY_STATUS.get(status, (ProviderError, f"failed (HTTP {status})."))
    return kind(f"{provider} {text.format(model=model)}")


_BY_STATUS: dict[int, tuple[type[AppError], str]] = {
    404: (ModelUnavailable, "has no model {model!r} for us."),
    408: (ProviderTimeout, "did not answer in time."),
    429: (ProviderRateLimited, "is limiting our requests."),
    504: (ProviderTimeout, "did not answer in time."),
    529: (ProviderError, "is overloaded."),
}


def _is_about(said: str, words: tuple[str, ...]) -> bool:
    return any(word in said for word in words)


def _credentials(provider: str) -> str:
    return f"{provider} refused our credentials: the operator's to mend"


def sentence(ours: str, theirs: str | None) -> str:
    """Our words, with the vendor's behind them, cut and without anything that looks like a key."""
    if not theirs:
        return f"{ours}."
    quoted = _SECRET.sub("[redacted]", " ".join(theirs.split()))
    return f"{ours}: {quoted[:QUOTE_MAX]}"


def without_key(failure: AppError, key: str) -> AppError:
    """``failure`` itself: servers of anybody's have keys of any shape, and may quote them."""
    if len(key) >= KEY_MIN and key in failure.message:
        failure.message = failure.message.replace(key, "[redacted]")
        failure.args = (failure.message,)
    return failure


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
