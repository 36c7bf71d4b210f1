"""What the vendor says of a failure, in all its shapes.

What every SDK can raise is in test_sdk_errors.py, what a status means in test_failing_vendors.py.
"""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from google.genai.errors import ClientError, ServerError

from agents.providers.gemini_errors import mapped
from server.domain.errors import (
    AppError,
    ProviderError,
    ProviderRateLimited,
)
from tests.support.providers.gemini_dialect import BAD_KEY, ERRORS

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ours(error: Exception) -> AppError:
    return mapped(error, "gemini", "gemini-x", NOW)


def answered(
    status: int, said: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> AppError:
    body = {"error": {"code": status, **(ERRORS.get(status, {}) if said is None else said)}}
    response = httpx2.Response(status, headers=headers)
    kind = ClientError if status < 500 else ServerError
    return ours(kind(status, body, response))


def test_a_wrong_key_is_the_operators_to_mend_though_the_vendor_calls_it_a_bad_request() -> None:
    error = answered(400, BAD_KEY)
    assert type(error) is ProviderError
    assert "credentials" in error.message


def test_a_country_that_is_not_served_is_the_operators_to_mend() -> None:
    said = {"message": "User location is not supported.", "status": "FAILED_PRECONDITION"}
    error = answered(400, said)
    assert type(error) is ProviderError
    assert "User location is not supported." in error.message
    assert error.metadata["status"] == 400


def test_a_prompt_above_the_window_points_at_the_text() -> None:
    said = {
        "message": "The input token count (1200000) exceeds the maximum number of tokens allowed "
        "(1048576).",
        "status": "INVALID_ARGUMENT",
    }
    assert answered(400, said).path == "$.text"
    assert answered(400).path is None


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("34s", 34.0), ("1.5s", 1.5), ("999999s", 3600.0), ("soon", None), (7, None), (None, None)],
)
def test_the_pause_that_is_asked_for_stands_in_the_body(
    delay: object, seconds: float | None
) -> None:
    said = {"status": "RESOURCE_EXHAUSTED", "details": ["x", {}, {"retryDelay": delay}]}
    assert answered(429, said).retry_after == seconds


def test_a_header_goes_before_the_body() -> None:
    assert answered(429, headers={"retry-after": "3"}).retry_after == 3.0


def test_an_error_event_counts_as_an_answer_of_its_own_status() -> None:
    body = {"error": {"code": 429, **ERRORS[429]}}
    error = ours(ClientError(429, body, None))
    assert (type(error), error.retry_after) == (ProviderRateLimited, 34.0)
