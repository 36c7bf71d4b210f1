"""Each failure has one meaning, says so to people, and gives no secret away."""

from datetime import UTC, datetime

import httpx2
import openai
import pytest

from agents.providers.openai_errors import mapped, of_event, retry_after_s
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

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "http://stub/v1/chat/completions")


def status_error(
    status: int, body: object = None, headers: dict[str, str] | None = None
) -> openai.APIStatusError:
    response = httpx2.Response(status, headers=headers, request=REQUEST)
    return openai.APIStatusError("said", response=response, body=body)


def ours(error: Exception) -> AppError:
    return mapped(error, "openai", "gpt-x", NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, ProviderError),
        (400, Invalid),
        (401, ProviderError),
        (402, ProviderError),
        (403, ProviderError),
        (404, ModelUnavailable),
        (408, ProviderTimeout),
        (409, ProviderError),
        (413, Invalid),
        (422, Invalid),
        (429, ProviderRateLimited),
        (500, ProviderError),
        (503, ProviderError),
        (504, ProviderTimeout),
        (529, ProviderError),
    ],
)
def test_a_status_has_one_meaning(status: int, kind: type[AppError]) -> None:
    assert type(ours(status_error(status))) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (openai.APITimeoutError(REQUEST), ProviderTimeout),
        (httpx2.ReadTimeout("silent", request=REQUEST), ProviderTimeout),
        (TimeoutError(), ProviderTimeout),
        (openai.APIConnectionError(request=REQUEST), ProviderError),
        (httpx2.ReadError("cut", request=REQUEST), ProviderError),
        (httpx2.RemoteProtocolError("cut", request=REQUEST), ProviderError),
        (ValueError("garbage"), ProviderProtocol),
        (openai.OpenAIError("other"), ProviderProtocol),
    ],
)
def test_an_exception_has_one_meaning(error: Exception, kind: type[AppError]) -> None:
    assert type(ours(error)) is kind


def test_a_refused_key_is_not_quoted() -> None:
    said = "Incorrect API key provided: sk-proj-abc***wxyz. Find yours at the vendor's page."
    error = ours(status_error(401, {"message": said, "code": "invalid_api_key"}))
    assert "sk-" not in error.message
    assert "credentials" in error.message


def test_what_the_vendor_says_about_a_bad_request_is_passed_on_without_keys_and_walls_of_text() -> (
    None
):
    said = "Unsupported value 'temperature' for key sk-live_abcdef123456.\n" + "x" * 5000
    error = ours(status_error(400, {"message": said}))
    assert "Unsupported value 'temperature'" in error.message
    assert "abcdef" not in error.message
    assert len(error.message) < 400


def test_a_prompt_above_the_window_points_at_the_text() -> None:
    error = ours(status_error(400, {"message": "m", "code": "context_length_exceeded"}))
    assert error.path == "$.text"


def test_refused_content_is_content_blocked() -> None:
    error = ours(status_error(400, {"message": "m", "code": "content_policy_violation"}))
    assert isinstance(error, ContentBlocked)


def test_our_own_empty_account_is_no_rate_limit() -> None:
    error = ours(status_error(429, {"message": "m", "code": "insufficient_quota"}))
    assert type(error) is ProviderError


def test_retry_after_is_carried_on() -> None:
    error = ours(status_error(429, headers={"retry-after": "7"}))
    assert (error.retry_after, error.metadata["status"]) == (7.0, 429)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "1e99"}, 3600.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_may_be_a_number_or_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(httpx2.Headers(headers), NOW) == seconds


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (ErrorWire(message="m", type="server_error"), ProviderError),
        (ErrorWire(message="m", code="rate_limit_exceeded"), ProviderRateLimited),
        (ErrorWire(message="m", code="content_filter"), ContentBlocked),
        ("plain words", ProviderError),
        (ErrorWire(), ProviderError),
    ],
)
def test_an_error_event_has_one_meaning(said: ErrorWire | str, kind: type[AppError]) -> None:
    assert type(of_event(said, "openai")) is kind
