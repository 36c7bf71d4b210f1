"""Failures in a vendor's own words: what they are called, and what was said before.

What every vendor can fail by is in test_failing_vendors.py.
"""

import pytest

from agents.events import StreamEnd
from server.domain.errors import (
    AppError,
    ContentBlocked,
    ModelUnavailable,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
)
from tests.support.providers.gemini_dialect import BAD_KEY
from tests.support.providers.hearing import SHORT, hear, text_of
from tests.support.providers.mistral_dialect import INVALID_MODEL
from tests.support.providers.plays import Play
from tests.support.providers.vendors import VENDORS

BLOCKED = b'{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}'
LIMITED = {"message": "Slow down.", "type": "rate_limited", "code": "1300"}


@pytest.mark.parametrize(
    ("vendor", "play", "kind"),
    [
        ("openai", Play(finish="error", tokens=0), ProviderError),
        ("gemini", Play(status=400, error=BAD_KEY), ProviderError),
        ("gemini", Play(garbage=0, rubbish=BLOCKED), ContentBlocked),
        ("gemini", Play(finish="MALFORMED_FUNCTION_CALL", tokens=0), ProviderError),
        ("mistral", Play(status=400, error=INVALID_MODEL), ModelUnavailable),
        ("mistral", Play(finish="error", tokens=0), ProviderError),
    ],
)
async def test_a_failure_before_the_first_token_has_a_name(
    vendor: str, play: Play, kind: type[AppError]
) -> None:
    async with VENDORS[vendor].talking(play, timeouts=SHORT) as (stub, provider):
        events, error = await hear(provider)
    assert events == []
    assert type(error) is kind
    assert error.metadata["provider"] == vendor
    assert len(stub.exchanges) == 1


@pytest.mark.parametrize(
    ("vendor", "play", "kind"),
    [
        ("anthropic", Play(error_event=3, error={"type": "overloaded_error"}), ProviderError),
        ("anthropic", Play(error_event=3, error={"type": "api_error"}), ProviderError),
        ("anthropic", Play(error_event=3, error={"type": "authentication_error"}), ProviderError),
        ("anthropic", Play(error_event=3, error={"type": "rate_limit_error"}), ProviderRateLimited),
        ("gemini", Play(garbage=3, rubbish=BLOCKED), ContentBlocked),
        ("gemini", Play(error_event=3, error={"code": 429, "status": "X"}), ProviderRateLimited),
        ("gemini", Play(tokens=3, finish="FINISH_REASON_UNSPECIFIED"), ProviderProtocol),
        ("gemini", Play(tokens=3, finish="UNEXPECTED_TOOL_CALL"), ProviderError),
        ("mistral", Play(garbage=3, rubbish=b'{"choices":7}'), ProviderProtocol),
        ("mistral", Play(error_event=3, error=LIMITED), ProviderRateLimited),
        ("mistral", Play(tokens=3, finish="error"), ProviderError),
    ],
)
async def test_what_came_before_a_failure_is_delivered_then_the_failure_told(
    vendor: str, play: Play, kind: type[AppError]
) -> None:
    async with VENDORS[vendor].talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert text_of(events) == "The meter runs"
    assert not any(isinstance(event, StreamEnd) for event in events)
    assert type(error) is kind
