"""What this SDK raises has the meaning that ``failures`` gives it."""

from datetime import UTC, datetime

import anthropic
import httpx2
import pytest

from agents.providers.anthropic_errors import mapped
from server.domain.errors import (
    AppError,
    ContentBlocked,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "http://stub/v1/messages")


def ours(error: Exception) -> AppError:
    return mapped(error, "anthropic", "claude-x", NOW)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (anthropic.APITimeoutError(REQUEST), ProviderTimeout),
        (anthropic.APIConnectionError(request=REQUEST), ProviderError),
        (anthropic.AnthropicError("other"), ProviderProtocol),
        (httpx2.ReadError("cut", request=REQUEST), ProviderError),
    ],
)
def test_an_exception_has_one_meaning(error: Exception, kind: type[AppError]) -> None:
    assert type(ours(error)) is kind


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ({"type": "rate_limit_error", "message": "m"}, ProviderRateLimited, "limiting"),
        ({"type": "billing_error", "message": "m"}, ProviderError, "used up"),
        ({"details": {"error_code": "content_filter"}}, ContentBlocked, "refused the content"),
        ("no object", ProviderRateLimited, "limiting"),
        (None, ProviderRateLimited, "limiting"),
    ],
)
def test_an_answer_is_taken_apart(said: object, kind: type[AppError], text: str) -> None:
    response = httpx2.Response(429, headers={"retry-after": "7"}, request=REQUEST)
    body = {"type": "error", "error": said}
    error = ours(anthropic.APIStatusError("the SDK's words", response=response, body=body))
    assert type(error) is kind
    assert text in error.message
    assert error.retry_after == 7.0
    assert error.metadata == {"provider": "anthropic", "status": 429}
