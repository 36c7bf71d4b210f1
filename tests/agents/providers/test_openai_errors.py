"""What this SDK raises has the meaning that ``failures`` gives it."""

from datetime import UTC, datetime

import httpx2
import openai
import pytest

from agents.providers.openai_errors import mapped
from server.domain.errors import (
    AppError,
    ContentBlocked,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "http://stub/v1/chat/completions")


def ours(error: Exception) -> AppError:
    return mapped(error, "openai", "gpt-x", NOW)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (openai.APITimeoutError(REQUEST), ProviderTimeout),
        (openai.APIConnectionError(request=REQUEST), ProviderError),
        (openai.OpenAIError("other"), ProviderProtocol),
        (httpx2.ReadError("cut", request=REQUEST), ProviderError),
    ],
)
def test_an_exception_has_one_meaning(error: Exception, kind: type[AppError]) -> None:
    assert type(ours(error)) is kind


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ({"message": "Slow down.", "code": "rate_limit_exceeded"}, ProviderRateLimited, "limiting"),
        ({"message": "m", "code": "insufficient_quota"}, ProviderError, "used up"),
        ({"message": "m", "code": "content_filter"}, ContentBlocked, "refused the content: m"),
        ("<html>no JSON</html>", ProviderRateLimited, "limiting"),
        ({"message": ["no", "text"]}, ProviderRateLimited, "limiting"),
        (None, ProviderRateLimited, "limiting"),
    ],
)
def test_an_answer_is_taken_apart(body: object, kind: type[AppError], said: str) -> None:
    response = httpx2.Response(429, headers={"retry-after": "7"}, request=REQUEST)
    error = ours(openai.APIStatusError("the SDK's words", response=response, body=body))
    assert type(error) is kind
    assert said in error.message
    assert error.retry_after == 7.0
    assert error.metadata == {"provider": "openai", "status": 429}
