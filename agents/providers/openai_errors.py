"""What the OpenAI SDK raises, as failures of ours."""

from datetime import datetime

import openai

from agents.providers.failures import Answer, of_answer, of_exception, unreachable
from server.domain.errors import AppError


def mapped(error: Exception, provider: str, model: str, now: datetime) -> AppError:
    """Our error for what the SDK, the HTTP client or a decoder raised."""
    if isinstance(error, openai.APIStatusError):
        return of_answer(_answer(error), provider, model, now)
    if isinstance(error, openai.APITimeoutError):
        return of_exception(TimeoutError(), provider)
    if isinstance(error, openai.APIConnectionError):
        return unreachable(provider)
    return of_exception(error, provider)


def _answer(error: openai.APIStatusError) -> Answer:
    """The vendor's sentence comes without the SDK's prefix; a body may be no JSON object."""
    body = error.body if isinstance(error.body, dict) else {}
    message = body.get("message")
    return Answer(
        status=error.status_code,
        words=f"{error.code or ''} {error.type or ''}",
        message=message if isinstance(message, str) else None,
        headers=error.response.headers,
    )
