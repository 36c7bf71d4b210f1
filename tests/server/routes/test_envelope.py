"""The shape of answers, and the headers that go with refusals."""

from datetime import UTC, datetime

import msgspec
import pytest

from server.domain.errors import (
    InsufficientCredits,
    Internal,
    Invalid,
    RateLimited,
    Unauthenticated,
)
from server.routes.envelope import Meta, error_headers, failure, success

NOW = datetime(2026, 3, 1, tzinfo=UTC)
META = Meta(timestamp=NOW, request_id="r-1", duration=1.5)


def test_success_and_failure_have_the_shapes_that_clients_rely_on() -> None:
    meta = {"timestamp": "2026-03-01T00:00:00Z", "requestId": "r-1", "duration": 1.5}
    assert msgspec.json.decode(success([1], META)) == {"success": True, "data": [1], "meta": meta}
    refused = Invalid("No.", path="$.text", retry_after=2.5, metadata={"a": 1})
    assert msgspec.json.decode(failure(refused, META)) == {
        "success": False,
        "error": {
            "code": "invalid",
            "message": "No.",
            "retryable": False,
            "metadata": {"a": 1},
            "path": "$.text",
            "retryAfter": 2.5,
        },
        "meta": meta,
    }


def test_a_fault_of_ours_names_its_log_line() -> None:
    body = msgspec.json.decode(failure(Internal("Sorry."), META))
    assert body["error"]["metadata"] == {"requestId": "r-1"}
    assert set(body["error"]) == {"code", "message", "retryable", "metadata"}


@pytest.mark.parametrize(("seconds", "told"), [(0.01, b"1"), (59.2, b"60"), (60.0, b"60")])
def test_when_to_come_back_is_told_in_whole_seconds_and_never_too_early(
    seconds: float, told: bytes
) -> None:
    assert error_headers(RateLimited("No.", retry_after=seconds)) == [(b"retry-after", told)]


def test_other_refusals_bring_only_what_belongs_to_them() -> None:
    assert error_headers(InsufficientCredits("No.")) == []
    assert error_headers(Unauthenticated("No.")) == [(b"www-authenticate", b"Bearer")]
