"""JSON and figures as vendors really send them: made whole, or refused as the vendor's failure."""

import json
from collections.abc import Mapping
from typing import TypeGuard, TypeVar

from msgspec import ValidationError as ShapeError
from msgspec import convert
from msgspec.json import Decoder

from agents.providers.failures import garbage
from server.domain.usage import Usage

FIGURE_MAX = 10**9
"""Tokens that one call can have used: a thousand times the largest window sold. More is garbage."""

Event = TypeVar("Event")


def decoded(decoder: Decoder[Event], payload: bytes, provider: str) -> Event:
    """One event's JSON.

    msgspec refuses half a surrogate pair, which vendors do send: such a line goes through the
    standard library once more.

    Raises:
        ProviderProtocol: not JSON, or not the shape that was asked for.
    """
    try:
        return decoder.decode(payload)
    except ShapeError as error:
        raise garbage(provider) from error
    except (ValueError, RecursionError):
        try:
            return convert(json.loads(payload), decoder.type)
        except (ValueError, RecursionError) as error:
            raise garbage(provider) from error


def normalised(
    *,
    input: float | None,
    output: float | None,
    cached: float | None = None,
    written: float | None = None,
    reasoning: float | None = None,
    raw: Mapping[str, float | None],
) -> Usage | None:
    """A provider's figures, made to hold what ``Usage`` promises: parts never exceed their whole.

    ``input`` and ``output`` are totals, the others parts of them; ``raw`` is kept under the
    vendor's names, without what was not sent or cannot be true. None when there is nothing to go
    by.
    """
    if not (is_figure(input) and is_figure(output)):
        return None
    total_in, total_out = int(input), int(output)
    read = _part(cached, total_in)
    return Usage(
        input_tokens=total_in,
        output_tokens=total_out,
        cached_input_tokens=read,
        cache_write_tokens=_part(written, total_in - read),
        reasoning_tokens=_part(reasoning, total_out),
        raw={name: int(figure) for name, figure in raw.items() if is_figure(figure)},
    )


def is_figure(figure: float | None) -> TypeGuard[float]:
    """Neither absent nor absurd. NaN, which the standard library lets in, compares false."""
    return figure is not None and 0 <= figure <= FIGURE_MAX


def _part(figure: float | None, whole: int) -> int:
    return min(int(figure), whole) if is_figure(figure) else 0
