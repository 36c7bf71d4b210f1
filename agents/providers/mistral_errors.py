"""What the Mistral SDK raises, and its wire says in an error event, as failures of ours."""

from datetime import datetime
from typing import Any

import msgspec
from mistralai.client.errors import MistralError

from agents.providers.failures import Answer, no_stream, of_answer, of_event, of_exception
from agents.providers.mistral_wire import ErrorWire
from server.domain.errors import AppError, ModelUnavailable


def mapped(error: Exception, provider: str, model: str, now: datetime) -> AppError:
    """Our error for what the SDK, the HTTP client or a decoder raised."""
    if not isinstance(error, MistralError):
        return of_exception(error, provider)
    if error.status_code == 200:
        return no_stream(provider, error.headers.get("content-type", ""))
    said = _said(error.body)
    words = _words(said)
    answer = Answer(
        status=error.status_code,
        words=words,
        message=_message(said.message),
        headers=error.headers,
    )
    if "invalid_model" in words:  # with status 400
        return ModelUnavailable(
            f"{provider} has no model {model!r} for us.",
            metadata={"provider": provider, "status": error.status_code},
        )
    return of_answer(answer, provider, model, now)


def of_error_event(said: ErrorWire, provider: str) -> AppError:
    """Our error for an error event in the middle of a stream."""
    return of_event(_words(said), _message(said.message), provider)


def _words(said: ErrorWire) -> str:
    return f"{said.type or ''} {said.code or ''}".lower()


def _said(body: str) -> ErrorWire:
    """The error in any of the vendor's three shapes; empty where the body is something else."""
    try:
        told = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return ErrorWire()
    if not isinstance(told, dict):
        return ErrorWire()
    error = told.get("error", told)
    if not isinstance(error, dict):
        return ErrorWire(message=error)
    kind, code = error.get("type"), error.get("code")
    return ErrorWire(
        message=error.get("message") or error.get("detail"),
        type=kind if isinstance(kind, str) else None,
        code=code if isinstance(code, str | int) else None,
    )


def _message(said: Any) -> str | None:
    """A sentence; of a list of what is wrong with the request, the first. A message may hold such a
    list under ``detail``."""
    if isinstance(said, dict):
        said = said.get("detail")
    if isinstance(said, list) and said and isinstance(said[0], dict):
        where = ".".join(str(step) for step in said[0].get("loc") or ())
        return f"{where}: {said[0].get('msg')}" if where else str(said[0].get("msg"))
    return said if isinstance(said, str) else None
