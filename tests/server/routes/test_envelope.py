"""The shape of answers, and the headers that go with refusals."""

from datetime import UTC, datetime, timedelta

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


@pytest.mark.parametrize("resets_at", ["2026-03-01T00:01:00Z", NOW + timedelta(minutes=1)])
def test_a_limit_is_told_in_the_fields_of_the_ietf(resets_at: object) -> None:
    error = RateLimited(
        "No.",
        retry_after=0.01,
        metadata={"limit": 50, "remaining": 3, "scope": "user", "resetsAt": resets_at},
    )
    assert dict(error_headers(error, NOW)) == {
        b"retry-after": b"1",
        b"ratelimit-policy": b'"user";q=50',
        b"ratelimit": b'"user";r=3;t=60',
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"limit": "10", "scope": "quota"},
        {"limit": 1, "scope": 'x"\r\ny'},
        {"limit": 1},
        {"scope": "user"},
    ],
)
def test_figures_that_fit_no_header_stay_out_of_it(metadata: dict[str, object]) -> None:
    assert error_headers(RateLimited("No.", metadata=metadata), NOW) == []


@pytest.mark.parametrize("moment", ["soon", "2026-03-01T00:01:00", 5, None])
def test_a_moment_that_is_none_is_left_out(moment: object) -> None:
    metadata = {"limit": 1, "scope": "user", "resetsAt": moment}
    headers = dict(error_headers(RateLimited("No.", metadata=metadata), NOW))
    assert headers[b"ratelimit"] == b'"user";r=0'


def test_other_refusals_bring_only_what_belongs_to_them() -> None:
    assert error_headers(InsufficientCredits("No."), NOW) == []
    assert error_headers(Unauthenticated("No."), NOW) == [(b"www-authenticate", b"Bearer")]
