"""What the vendor says of a failure, in all its shapes.

What every SDK can raise is in test_sdk_errors.py, what a status means in test_failing_vendors.py.
"""

import json
from datetime import UTC, datetime

import httpx2
import pytest
from mistralai.client.errors import SDKError

from agents.providers.mistral_errors import mapped, of_error_event
from agents.providers.mistral_wire import ErrorWire
from server.domain.errors import (
    AppError,
    ModelUnavailable,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
)
from tests.support.providers.mistral_dialect import INVALID_MODEL, MistralDialect

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ours(error: Exception) -> AppError:
    return mapped(error, "mistral", "mistral-x", NOW)


def answered(status: int, body: bytes, headers: dict[str, str] | None = None) -> AppError:
    response = httpx2.Response(status, headers=headers, content=body)
    return ours(SDKError("API error occurred", response, body.decode()))


def test_a_model_that_there_is_not_is_unavailable_though_the_vendor_calls_it_a_bad_request() -> (
    None
):
    error = answered(400, MistralDialect().error_body(400, INVALID_MODEL))
    assert type(error) is ModelUnavailable
    assert "'mistral-x'" in error.message


def test_a_prompt_above_the_window_points_at_the_text() -> None:
    said = "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 "
    body = {"message": said + "maximum context length", "type": "invalid_request_prompt"}
    assert answered(400, json.dumps(body).encode()).path == "$.text"


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        ({"message": "No."}, "No."),
        ({"detail": "No."}, "No."),
        ({"detail": [{"loc": ["body", "tools", 0], "msg": "Missing"}]}, "body.tools.0: Missing"),
        ({"message": {"detail": [{"msg": "Missing"}]}}, "Missing"),
        ({"error": {"message": "No."}}, "No."),
        ({"error": "No."}, "No."),
    ],
)
def test_what_the_vendor_says_is_passed_on_from_any_of_its_shapes(
    body: dict[str, object], quoted: str
) -> None:
    error = answered(422, json.dumps(body).encode())
    assert error.message == f"mistral refused the request: {quoted}"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b'{"detail":[]}', b"[" * 9000])
def test_a_body_of_any_other_shape_says_nothing(body: bytes) -> None:
    assert answered(422, body).message == "mistral refused the request."


def test_a_success_without_a_stream_is_no_answer() -> None:
    error = answered(200, b"<html>", {"content-type": "text/html"})
    assert type(error) is ProviderProtocol
    assert "text/html" in error.message


def test_retry_after_is_carried_on() -> None:
    assert answered(429, b"{}", {"retry-after": "7"}).retry_after == 7.0


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (ErrorWire(message="m", type="internal_server_error"), ProviderError),
        (ErrorWire(message="m", type="rate_limited", code="1300"), ProviderRateLimited),
        (ErrorWire(message=["odd"], code=7), ProviderError),
        (ErrorWire(), ProviderError),
    ],
)
def test_an_error_event_has_one_meaning(said: ErrorWire, kind: type[AppError]) -> None:
    assert type(of_error_event(said, "mistral")) is kind
