"""What each SDK raises has the meaning that ``failures`` gives it."""

from collections.abc import Callable
from datetime import UTC, datetime

import anthropic
import httpx2
import openai
import pytest
from google.genai.errors import APIError
from mistralai.client.errors import NoResponseError

from agents.providers import anthropic_errors, gemini_errors, mistral_errors, openai_errors
from server.domain.errors import (
    AppError,
    ContentBlocked,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "http://stub/v1")
LIMITED = httpx2.Response(429, headers={"retry-after": "7"}, request=REQUEST)

MAPPED: dict[str, Callable[[Exception, str, str, datetime], AppError]] = {
    "openai": openai_errors.mapped,
    "anthropic": anthropic_errors.mapped,
    "gemini": gemini_errors.mapped,
    "mistral": mistral_errors.mapped,
}


def ours(vendor: str, error: Exception) -> AppError:
    return MAPPED[vendor](error, vendor, "model-x", NOW)


@pytest.mark.parametrize("vendor", MAPPED)
@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (httpx2.ReadTimeout("silent"), ProviderTimeout, "in time"),
        (TimeoutError(), ProviderTimeout, "in time"),
        (httpx2.ConnectError("nobody"), ProviderError, "cannot be reached"),
        (httpx2.ReadError("cut", request=REQUEST), ProviderError, "broke off"),
        (httpx2.RemoteProtocolError("cut"), ProviderError, "broke off"),
        (ValueError("garbage"), ProviderProtocol, "not its protocol"),
    ],
)
def test_what_the_connection_and_the_decoder_raise_means_the_same_everywhere(
    vendor: str, error: Exception, kind: type[AppError], text: str
) -> None:
    failure = ours(vendor, error)
    assert type(failure) is kind
    assert text in failure.message
    assert failure.metadata == {"provider": vendor}


@pytest.mark.parametrize(
    ("vendor", "error", "kind"),
    [
        ("openai", openai.APITimeoutError(REQUEST), ProviderTimeout),
        ("openai", openai.APIConnectionError(request=REQUEST), ProviderError),
        ("openai", openai.OpenAIError("other"), ProviderProtocol),
        ("anthropic", anthropic.APITimeoutError(REQUEST), ProviderTimeout),
        ("anthropic", anthropic.APIConnectionError(request=REQUEST), ProviderError),
        ("anthropic", anthropic.AnthropicError("other"), ProviderProtocol),
        ("gemini", TypeError("None is no int"), ProviderProtocol),
        ("gemini", APIError(None, {"error": {"message": "text"}}), ProviderError),  # type: ignore[arg-type]
        ("gemini", APIError(302, {"message": "moved"}), ProviderError),
        ("gemini", APIError(500, []), ProviderError),
        ("mistral", NoResponseError(), ProviderProtocol),
    ],
)
def test_an_sdks_own_exception_has_one_meaning(
    vendor: str, error: Exception, kind: type[AppError]
) -> None:
    assert type(ours(vendor, error)) is kind


def by_openai(body: object) -> Exception:
    return openai.APIStatusError("the SDK's words", response=LIMITED, body=body)


def by_anthropic(said: object) -> Exception:
    body = {"type": "error", "error": said}
    return anthropic.APIStatusError("the SDK's words", response=LIMITED, body=body)


@pytest.mark.parametrize(
    ("vendor", "error", "kind", "text"),
    [
        ("openai", by_openai({"code": "rate_limit_exceeded"}), ProviderRateLimited, "limiting"),
        ("openai", by_openai({"code": "insufficient_quota"}), ProviderError, "used up"),
        (
            "openai",
            by_openai({"code": "content_filter", "message": "m"}),
            ContentBlocked,
            "refused the content: m",
        ),
        ("openai", by_openai("<html>no JSON</html>"), ProviderRateLimited, "limiting"),
        (
            "openai",
            by_openai({"code": "content_filter", "message": ["no", "text"]}),
            ContentBlocked,
            "refused the content.",
        ),
        ("openai", by_openai(None), ProviderRateLimited, "limiting"),
        ("anthropic", by_anthropic({"type": "rate_limit_error"}), ProviderRateLimited, "limiting"),
        ("anthropic", by_anthropic({"type": "billing_error"}), ProviderError, "used up"),
        (
            "anthropic",
            by_anthropic({"details": {"error_code": "content_filter"}, "message": "m"}),
            ContentBlocked,
            "refused the content: m",
        ),
        ("anthropic", by_anthropic("no object"), ProviderRateLimited, "limiting"),
        ("anthropic", by_anthropic(None), ProviderRateLimited, "limiting"),
    ],
)
def test_an_answer_is_taken_apart_whatever_its_body(
    vendor: str, error: Exception, kind: type[AppError], text: str
) -> None:
    failure = ours(vendor, error)
    assert type(failure) is kind
    assert text in failure.message
    assert "the SDK's words" not in failure.message
    assert failure.retry_after == 7.0
    assert failure.metadata == {"provider": vendor, "status": 429}
