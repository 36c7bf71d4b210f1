"""Each failure has one meaning, says so to people, and gives no secret away."""

from datetime import UTC, datetime

import httpx2
import pytest

from agents.providers.failures import (
    Answer,
    no_stream,
    of_answer,
    of_event,
    of_exception,
    retry_after_s,
    without_key,
)
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


def ours(status: int, message: str | None = None, words: str = "", **headers: str) -> AppError:
    said = Answer(status=status, message=message, words=words, headers=httpx2.Headers(headers))
    return of_answer(said, "openai", "gpt-x", NOW)


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
def test_a_status_has_one_meaning_and_is_told(status: int, kind: type[AppError]) -> None:
    error = ours(status)
    assert type(error) is kind
    assert error.metadata == {"provider": "openai", "status": status}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ReadTimeout("silent", request=REQUEST), ProviderTimeout),
        (httpx2.ConnectTimeout("away", request=REQUEST), ProviderTimeout),
        (TimeoutError(), ProviderTimeout),
        (httpx2.ConnectError("refused", request=REQUEST), ProviderError),
        (httpx2.ReadError("cut", request=REQUEST), ProviderError),
        (httpx2.RemoteProtocolError("cut", request=REQUEST), ProviderError),
        (ValueError("garbage"), ProviderProtocol),
    ],
)
def test_an_exception_has_one_meaning(error: Exception, kind: type[AppError]) -> None:
    told = of_exception(error, "openai")
    assert type(told) is kind
    assert told.metadata == {"provider": "openai"}


@pytest.mark.parametrize(
    ("status", "words"), [(401, "invalid_api_key"), (403, ""), (400, "API_KEY_INVALID")]
)
def test_a_refused_key_is_not_quoted(status: int, words: str) -> None:
    error = ours(status, "Incorrect API key provided: sk-proj-abc***wxyz.", words)
    assert type(error) is ProviderError
    assert "abc" not in error.message
    assert "credentials" in error.message


@pytest.mark.parametrize(
    "key",
    [
        "sk-live_abcdef123456",
        "AIzaSyabcdef123456",
        "Bearer abcdef99",
        "0123456789abcdef0123456789abcdef",
        "Kx7" * 28,
    ],
)
def test_what_a_vendor_says_is_passed_on_without_keys_and_walls_of_text(key: str) -> None:
    error = ours(400, f"Unsupported value 'temperature' for {key}.\n" + "x" * 5000)
    assert "Unsupported value 'temperature'" in error.message
    assert "abcdef" not in error.message
    assert len(error.message) < 400


def test_what_is_no_key_is_passed_on() -> None:
    said = "Unknown key temperature of claude-sonnet-4-5-20250929, request 01a1fdd7-e401-7000-a97b"
    assert ours(400, said).message == f"openai refused the request: {said}"


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [(400, "m", "context_length_exceeded"), (400, "prompt is too long: 9 > 8", ""), (413, "m", "")],
)
def test_a_prompt_above_the_window_points_at_the_text(
    status: int, message: str, words: str
) -> None:
    assert ours(status, message, words).path == "$.text"


@pytest.mark.parametrize("words", ["content_policy_violation", "content_filter", "moderation"])
def test_refused_content_is_content_blocked(words: str) -> None:
    assert isinstance(ours(400, "m", words), ContentBlocked)


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (402, None, ""),
        (429, "m", "insufficient_quota"),
        (400, "Your credit balance is too low to access the API.", "invalid_request_error"),
    ],
)
def test_our_own_empty_account_is_neither_a_rate_limit_nor_the_callers_fault(
    status: int, message: str | None, words: str
) -> None:
    error = ours(status, message, words)
    assert type(error) is ProviderError
    assert "used up" in error.message
    assert not error.retryable  # no user can mend it


def test_retry_after_is_carried_on() -> None:
    assert ours(429, **{"retry-after": "7"}).retry_after == 7.0
    assert ours(503, **{"retry-after-ms": "1500"}).retry_after == 1.5


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
    ("words", "kind", "said"),
    [
        ("server_error ", ProviderError, "failed while answering: m"),
        (" rate_limit_exceeded", ProviderRateLimited, "limiting our requests: m"),
        ("rate_limit_error", ProviderRateLimited, "limiting our requests: m"),
        ("overloaded_error", ProviderError, "is overloaded: m"),
        ("content_filter", ContentBlocked, "refused the content: m"),
        ("authentication_error", ProviderError, "refused our credentials: the operator's"),
        ("", ProviderError, "failed while answering: m"),
    ],
)
def test_an_error_event_has_one_meaning(words: str, kind: type[AppError], said: str) -> None:
    error = of_event(words, "m", "stub")
    assert type(error) is kind
    assert said in error.message


def test_credentials_refused_in_the_middle_are_told_like_those_refused_at_once() -> None:
    assert of_event("permission_error", "key sk-x", "stub").metadata["status"] == 401


def test_what_came_instead_of_a_stream_is_named_without_its_parameters() -> None:
    assert "answered text/html where" in no_stream("stub", "text/html; charset=x").message
    assert "answered something where" in no_stream("stub", "").message


def test_only_a_key_that_is_one_is_taken_out() -> None:
    assert without_key(Invalid("no such plain-key"), "plain-key").message == "no such [redacted]"
    assert without_key(Invalid("none such"), "none").message == "none such"
