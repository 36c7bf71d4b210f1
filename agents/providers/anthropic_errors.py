"""What the Anthropic SDK raises, as failures of ours."""

from datetime import datetime

import anthropic

from agents.providers.failures import Answer, of_answer, of_exception, unreachable
from server.domain.errors import AppError


def mapped(error: Exception, provider: str, model: str, now: datetime) -> AppError:
    """Our error for what the SDK, the HTTP client or a decoder raised."""
    if isinstance(error, anthropic.APIStatusError):
        said = Answer(
            status=error.status_code,
            words=f"{error.type or ''} {error.error_code or ''}",
            message=error.api_message,
            headers=error.response.headers,
        )
        return of_answer(said, provider, model, now)
    if isinstance(error, anthropic.APITimeoutError):
        return of_exception(TimeoutError(), provider)
    if isinstance(error, anthropic.APIConnectionError):
        return unreachable(provider)
    return of_exception(error, provider)
